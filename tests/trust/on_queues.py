"""T3, T4 and T12: what a queue starts that its user never queued, or starts with what another shell had."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.fakes.terminal import Terminal
from tests.trust.ground import Ground, Host, started, stub, wait_until
from tests.trust.outcome import Outcome
from tests.trust.proc import environment, is_alive

FREE_SLOTS = {"IQA_TUI_CPU_SLOTS": "4"}
"""For a user who looks at a copy: the one slot that its original has must not be what keeps it from starting."""
OTHER_MACHINE = "0123456789abcdef0123456789abcdef"
SCREEN_SECONDS = 6.0

# T3


def t03_a_copied_folder_is_executed(ground: Ground) -> Outcome:
    """Ways in which a queued run of ann's, signed by her own launch, comes to stand in a second folder of hers."""
    runs = ground.make("runs", ground.ann)
    _, waiting, _ = ground.queue_behind(ground.ann, runs)
    ground.kill(*ground.dispatchers())
    outcome = Outcome()

    def copy(name: str) -> Path:
        target = ground.make(f"{name}-runs", ground.ann)
        ground.must(ground.ann, "cp", "-r", waiting, target)
        return target / waiting.name

    def unpack(name: str) -> Path:
        target = ground.make(f"{name}-runs", ground.ann)
        archive = ground.public / f"{name}.tar"
        ground.must(ground.ann, "tar", "-cf", archive, "-C", runs, waiting.name)
        ground.must(ground.ann, "tar", "-xpf", archive, "-C", target)
        return target / waiting.name

    def keep_everything(name: str) -> Path:
        target = ground.make(f"{name}-runs", ground.ann)
        ground.must(ground.ann, "cp", "-a", waiting, target)
        return target / waiting.name

    def rename_aside(name: str) -> Path:
        """The copy takes the very path of the run."""
        ground.must(ground.ann, "mv", waiting, ground.make(f"{name}-aside", ground.ann))
        ground.must(ground.ann, "cp", "-a", ground.folder / f"{name}-aside" / waiting.name, waiting)
        return waiting

    ways = {"cp -r": (copy, "status"), "tar": (unpack, "export"), "cp -a": (keep_everything, "app")}
    for name, (make, command) in ways.items():
        outcome.add(f"{name}, then {command}", *_look_at(ground, make(command), command))
    outcome.add("cp -a in its own place, then status", *_look_at(ground, rename_aside("place"), "status"))
    return outcome


def t03_an_archive_of_another_user_is_executed(ground: Ground) -> Outcome:
    """Queued and signed by mallory, whose key is not ann's; unpacked, it is ann's folder."""
    runs = ground.make("runs", ground.mallory)
    _, waiting, _ = ground.queue_behind(ground.mallory, runs, IQA_TUI_LEASES=str(_leases(ground, "mallory")))
    ground.kill(*ground.dispatchers())
    archive, target = ground.public / "gift.tar", ground.make("unpacked", ground.ann)
    ground.must(ground.mallory, "tar", "-cf", archive, "-C", runs, waiting.name)
    ground.must(ground.ann, "tar", "-xf", archive, "-C", target)
    return Outcome.of(*_look_at(ground, target / waiting.name, "status"))


def t03_a_run_made_by_hand_is_executed(ground: Ground) -> Outcome:
    """What mallory wrote and ann copied, so that it is hers."""
    outcome = Outcome()
    for command in ("status", "export", "app"):
        runs = ground.make(f"{command}-runs", ground.ann)
        script = 'touch "{run_folder}/stub.json"'
        run = ground.plant_run(runs, ground.ann, ["/bin/sh", "-c", script])
        os.chown(run, ground.ann.uid, ground.ann.gid)
        outcome.add(command, *_look_at(ground, run, command))
    return outcome


def t03_running_rows_of_a_copied_live_folder_are_trained_a_second_time(ground: Ground) -> Outcome:
    runs = ground.make("runs", ground.ann)
    copied = ground.make("copied", ground.ann)
    flags = f"{ground.tools / 'stub_trainer.py'} --until {ground.public / 'never'}"
    plan = ground.plan({"id": "F1"}, command=())
    (run,) = ground.queue(ground.ann, runs, plan, TRUST_TRAINER=flags)
    ground.until(lambda: started(run), "the trainer to start")
    ground.until((run / "attempts" / "1" / "process.json").exists, "its record")
    ground.must(ground.ann, "cp", "-r", run, copied)
    besides = ground.launchers()
    said = ground.status(ground.ann, copied, **FREE_SLOTS, TRUST_TRAINER=flags)
    is_doubled = ground.comes_true(lambda: ground.trainers(copied), besides=besides)
    if is_doubled:
        return Outcome.of(True, f"two trainers live, pids {ground.trainers(runs)} and {ground.trainers(copied)}")
    return Outcome.of(False, said.line(run.name))


def t03_a_look_from_another_host_starts_the_queue_there(ground: Ground) -> Outcome:
    outcome = Outcome()
    for command in ("status", "export"):
        runs = ground.make(f"{command}-runs", ground.ann)
        first, waiting, end = ground.queue_behind(ground.ann, runs, IQA_TUI_LEASES=str(_leases(ground, command)))
        ground.kill(*ground.dispatchers())
        host = ground.host("elsewhere", machine=OTHER_MACHINE)
        outcome.add(command, *_look_at(ground, waiting, command, host))
        end.touch()
        ground.until(lambda first=first: not ground.trainers(first), "the first run to end")
    return outcome


def _leases(ground: Ground, name: str) -> Path:
    return ground.make(f"leases-{name}", mode=0o1777)


def _look_at(ground: Ground, run: Path, command: str, host: Host | None = None) -> tuple[bool, str]:
    """Whether a look of ann's at the folder of a run executes it."""
    besides = ground.launchers()
    was_executed: Callable[[], bool] = (run / "stub.json").exists
    if command == "app":
        words = _open_app(ground, run, was_executed)
    else:
        said = ground.iqa(ground.ann, "--runs-dir", run.parent, command, host=host, **FREE_SLOTS)
        words = said.line(run.name)
    if ground.comes_true(was_executed, besides=besides):
        return True, f"executed as user {(run / 'stub.json').stat().st_uid}"
    if command != "status":  # only there each row says why
        words = ground.status(ground.ann, run.parent, host=host, **FREE_SLOTS).line(run.name)
    return False, words


def _open_app(ground: Ground, run: Path, is_enough: Callable[[], bool]) -> str:
    """The last line of the screen that names the run, once it was open for a while."""
    env = [f"{name}={value}" for name, value in ground.env(ground.ann, **FREE_SLOTS, TERM="xterm-256color").items()]
    program = ["env", "-i", *env, ground.python, "-m", "iqa_tui", "--runs-dir", str(run.parent)]
    with Terminal(ground.command(ground.ann, *program), 140, 40) as terminal:
        wait_until(lambda: terminal.read(0.2) or "queued" in terminal.text, SCREEN_SECONDS)
        wait_until(lambda: terminal.read(0.2) or is_enough(), SCREEN_SECONDS)
        lines = [" ".join(line.split()) for line in terminal.text.splitlines() if "queued" in line]
    return lines[0] if lines else "the screen says nothing of it"


# T4


def t04_another_user_replaces_the_spec_of_a_queued_run(ground: Ground) -> Outcome:
    """A folder of runs that a group shares, by umask 002, or by hand after the launch."""
    outcome = Outcome()
    for name in ("umask 002", "chmod g+w"):
        runs = ground.shared(f"runs-{len(outcome.cases)}")
        umask = 0o002 if name == "umask 002" else 0o022
        _, waiting, end = ground.queue_behind(ground.ann, runs, umask=umask, IQA_TUI_LEASES=str(_leases(ground, name)))
        if name == "chmod g+w":
            ground.must(ground.ann, "chmod", "-R", "g+w", waiting)
        evil, spec = _evil_spec(ground, waiting)
        replace = f"cat > {waiting}/.new <<'END' && mv -f {waiting}/.new {waiting}/spec.json\n{spec}\nEND"
        tried = ground.run(ground.mallory, "sh", "-c", replace)
        end.touch()
        was_executed = ground.comes_true(evil.exists, besides=set())
        words = f"executed as user {evil.stat().st_uid}" if was_executed else tried.line("denied")
        if not was_executed and not tried.code:
            words = ground.status(ground.ann, runs).line(waiting.name)
        outcome.add(name, was_executed, words)
    return outcome


SWAP = """
import os, sys, time
runs, waiting, evil, uid = sys.argv[1:]
known = set(os.listdir("/proc"))
def supervisors():
    for pid in set(os.listdir("/proc")) - known:
        try:
            if os.stat("/proc/" + pid).st_uid == int(uid) and pid.isdecimal():
                words = open("/proc/" + pid + "/cmdline", "rb").read()
                if b"iqa_tui.service.supervisor" in words:
                    return True
                if words and b"iqa_tui" not in words:
                    known.add(pid)
        except OSError:
            pass
open(evil + ".ready", "w").close()
deadline = time.monotonic() + 20
while not supervisors() and time.monotonic() < deadline:
    time.sleep(0.001)
os.rename(waiting, waiting + ".aside")
os.rename(evil, waiting)
"""
"""Waits for the supervisor of a run and then puts a folder of its own in the run's place."""


def t04_a_folder_is_swapped_between_the_look_and_the_start(ground: Ground) -> Outcome:
    """The folder of runs alone can be written by the group: the run is as its user left it, and passes every look."""
    runs = ground.shared()
    _, waiting, end = ground.queue_behind(ground.ann, runs)
    witness, spec = _evil_spec(ground, waiting)
    evil = runs / "evil"
    shutil.copytree(waiting, evil)
    (evil / "spec.json").write_text(spec)
    subprocess.run(["chown", "-R", f"{ground.mallory.uid}:{ground.gid}", str(evil)], check=True)
    subprocess.run(["chmod", "-R", "a+rwX", str(evil)], check=True)
    swap = ground.start(ground.mallory, ground.python, "-c", SWAP, runs, waiting, evil, str(ground.ann.uid))
    ground.until(Path(f"{evil}.ready").exists, "mallory to be ready")
    end.touch()
    wait_until(lambda: swap.poll() is not None, 10.0)
    was_executed = ground.comes_true(witness.exists, besides=set())
    if was_executed:
        return Outcome.of(True, f"executed as user {witness.stat().st_uid}")
    genuine = [path for path in (waiting, Path(f"{waiting}.aside")) if path.exists() and started(path)]
    words = "what ann had queued was started" if genuine else ground.status(ground.ann, runs).line(waiting.name)
    return Outcome.of(False, f"{'swapped' if swap.returncode == 0 else 'could not swap'}; {words}")


def _evil_spec(ground: Ground, run: Path) -> tuple[Path, str]:
    """What mallory would have executed, and the file that tells of it."""
    witness = ground.public / f"evil-{run.parent.name}"
    spec = json.loads((run / "spec.json").read_bytes())
    spec["argv"] = ["/bin/sh", "-c", f"id -u > {witness}"]
    return witness, json.dumps(spec)


# T12


def t12_a_trainer_gets_what_another_shell_had(ground: Ground) -> Outcome:
    runs = ground.make("runs", ground.ann)
    first, second = ground.public / "end-1", ground.public / "end-2"
    shell_a = {"TOKEN_OF_A": "secret", "CUBLAS_WORKSPACE_CONFIG": ":16:8"}
    shell_b = {"TOKEN_OF_B": "secret", "CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
    (of_a,) = ground.queue(ground.ann, runs, ground.plan({"until": str(first)}, name="a"), **shell_a)
    ground.until(lambda: started(of_a), "the run of shell A to start")
    (of_b,) = ground.queue(ground.ann, runs, ground.plan({"until": str(second)}, name="b"), **shell_b)
    first.touch()
    ground.until(lambda: started(of_b), "the run of shell B to start")
    env = environment(stub(of_b)["pid"])
    outcome = Outcome()
    setting = env.get("CUBLAS_WORKSPACE_CONFIG")
    outcome.add("a token", "TOKEN_OF_A" in env, f"shell A's TOKEN_OF_A={env.get('TOKEN_OF_A')} in the trainer of B")
    outcome.add("a setting", setting != ":4096:8", f"CUBLAS_WORKSPACE_CONFIG={setting}, and shell B had :4096:8")
    outcome.add("its own", env.get("TOKEN_OF_B") != "secret", f"shell B's TOKEN_OF_B={env.get('TOKEN_OF_B')}")
    return outcome


# What must work all the same


def check_that_a_look_of_ann_starts_what_she_queued_here(ground: Ground) -> Outcome:
    """`succeeded` is the fault here: her own queue stands still."""
    outcome = Outcome()
    for command in ("status", "app"):
        runs = ground.make(f"{command}-runs", ground.ann)
        _, waiting, end = ground.queue_behind(ground.ann, runs, IQA_TUI_LEASES=str(_leases(ground, command)))
        ground.kill(*ground.dispatchers())
        end.touch()
        was_executed, words = _look_at(ground, waiting, command)
        outcome.add(command, not was_executed, words)
    return outcome


def check_that_a_renamed_folder_of_runs_keeps_its_queue(ground: Ground) -> Outcome:
    runs, moved = ground.make("runs", ground.ann), ground.folder / "moved"
    _, waiting, end = ground.queue_behind(ground.ann, runs)
    ground.kill(*ground.dispatchers())
    end.touch()
    ground.until(lambda: not ground.trainers(runs), "the first run to end")
    runs.rename(moved)
    was_executed, words = _look_at(ground, moved / waiting.name, "status")
    return Outcome.of(not was_executed, words)


def check_that_an_adopted_copy_is_executed(ground: Ground) -> Outcome:
    runs, copied = ground.make("runs", ground.ann), ground.make("copied", ground.ann)
    _, waiting, _ = ground.queue_behind(ground.ann, runs)
    ground.kill(*ground.dispatchers())
    ground.must(ground.ann, "cp", "-r", waiting, copied)
    besides = ground.launchers()
    said = ground.iqa(ground.ann, "--runs-dir", copied, "adopt", waiting.name, "--yes", **FREE_SLOTS)
    ground.status(ground.ann, copied, **FREE_SLOTS)
    was_executed = ground.comes_true(lambda: list(copied.glob("*/stub.json")), besides=besides)
    return Outcome.of(said.code != 0 or not was_executed, said.line("error", "adopt"))


KEEPER_SECONDS = 5.0
"""A dispatcher looks for what outlived its run every two seconds."""


def check_that_a_copy_of_a_live_folder_ends_nothing_of_its_original(ground: Ground) -> Outcome:
    """The copy has every record and mark of the original, and no lock. A dispatcher works on its folder of runs."""
    runs, copied = ground.make("runs", ground.ann), ground.make("copied", ground.ann)
    flags = {"TRUST_TRAINER": f"{ground.tools / 'stub_trainer.py'} --until {ground.public / 'never'}"}
    (run,) = ground.queue(ground.ann, runs, ground.plan({"id": "F1"}, command=()), **flags)
    ground.until((run / "attempts" / "1" / "process.json").exists, "its record")
    ground.until(lambda: started(run), "the trainer to start")
    (trainer,) = ground.trainers(run)
    ground.must(ground.ann, "cp", "-a", run, copied)
    plan = ground.plan({"id": "E1", "until": str(ground.public / "never")}, name="beside")
    ground.queue(ground.ann, copied, plan, **FREE_SLOTS)
    said = ground.iqa(ground.ann, "--runs-dir", copied, "stop", run.name, **FREE_SLOTS)
    is_gone = wait_until(lambda: not is_alive(trainer), KEEPER_SECONDS)
    return Outcome.of(is_gone, f"the original's trainer is {'gone' if is_gone else 'alive'}; {said.line('error')}")
