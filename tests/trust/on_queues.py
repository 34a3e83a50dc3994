"""T3, T4 and T12: what a queue starts that its user never queued, or starts with what another shell had."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.trust.ground import Ground, started, stub
from tests.trust.look_at import look_at, own_leases
from tests.trust.outcome import Outcome
from tests.trust.proc import environment
from tests.trust.processes import wait_until

OTHER_MACHINE = "0123456789abcdef0123456789abcdef"


def t03_an_archive_of_another_user_is_executed(ground: Ground) -> Outcome:
    """Queued and signed by mallory, whose key is not ann's; unpacked, it is ann's folder."""
    runs = ground.make("runs", ground.mallory)
    _, waiting, _ = ground.queue_behind(ground.mallory, runs, IQA_TUI_LEASES=str(own_leases(ground, "mallory")))
    ground.kill(*ground.dispatchers())
    archive, target = ground.public / "gift.tar", ground.make("unpacked", ground.ann)
    ground.must(ground.mallory, "tar", "-cf", archive, "-C", runs, waiting.name)
    ground.must(ground.ann, "tar", "-xf", archive, "-C", target)
    return Outcome.of(*look_at(ground, target / waiting.name, "status"))


def t03_a_run_made_by_hand_is_executed(ground: Ground) -> Outcome:
    """What mallory wrote and ann copied, so that it is hers."""
    outcome = Outcome()
    for command in ("status", "export", "app"):
        runs = ground.make(f"{command}-runs", ground.ann)
        script = 'touch "{run_folder}/stub.json"'
        run = ground.plant_run(runs, ground.ann, ["/bin/sh", "-c", script])
        os.chown(run, ground.ann.uid, ground.ann.gid)
        outcome.add(command, *look_at(ground, run, command))
    return outcome


def t03_a_look_from_another_host_starts_the_queue_there(ground: Ground) -> Outcome:
    outcome = Outcome()
    for command in ("status", "export"):
        runs = ground.make(f"{command}-runs", ground.ann)
        first, waiting, end = ground.queue_behind(ground.ann, runs, IQA_TUI_LEASES=str(own_leases(ground, command)))
        ground.kill(*ground.dispatchers())
        host = ground.host("elsewhere", machine=OTHER_MACHINE)
        outcome.add(command, *look_at(ground, waiting, command, host))
        end.touch()
        ground.until(lambda first=first: not ground.trainers(first), "the first run to end")
    return outcome


def t04_another_user_replaces_the_spec_of_a_queued_run(ground: Ground) -> Outcome:
    """A folder of runs that a group shares, by umask 002, or by hand after the launch."""
    outcome = Outcome()
    for name in ("umask 002", "chmod g+w"):
        runs = ground.shared(f"runs-{len(outcome.cases)}")
        umask = 0o002 if name == "umask 002" else 0o022
        _, waiting, end = ground.queue_behind(
            ground.ann, runs, umask=umask, IQA_TUI_LEASES=str(own_leases(ground, name))
        )
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


def check_that_a_look_of_ann_starts_what_she_queued_here(ground: Ground) -> Outcome:
    """`succeeded` is the fault here: her own queue stands still."""
    outcome = Outcome()
    for command in ("status", "app"):
        runs = ground.make(f"{command}-runs", ground.ann)
        _, waiting, end = ground.queue_behind(ground.ann, runs, IQA_TUI_LEASES=str(own_leases(ground, command)))
        ground.kill(*ground.dispatchers())
        end.touch()
        was_executed, words = look_at(ground, waiting, command)
        outcome.add(command, not was_executed, words)
    return outcome
