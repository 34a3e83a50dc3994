"""T8 and T9: files of every kind in the place of a record, a lock, a log or a lease."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.terminal import Terminal
from tests.trust.ground import Ground, Launched, started
from tests.trust.on_orders import hold_lock
from tests.trust.outcome import Outcome
from tests.trust.place import GroundError
from tests.trust.processes import Host, Said, wait_until

GOOD = "2026-11-20_09-00-00_a_good_run_s1"
BAD = "2026-11-23_17-05-01_a_bad_run_s1"
ADDRESS_SPACE = ("prlimit", f"--as={6 << 30}", "--")
"""A program that reads 40 GiB into memory fails by this limit instead of taking the machine down."""
HUGE_BYTES = 40 << 30
SCREEN_SECONDS = 8.0
STALL_SECONDS = 8.0
STOP = {"by": "mallory", "when": 1.8e9, "why": "", "grace_seconds": 60.0, "format": 1}
RESULT: dict[str, Any] = {
    "run_id": BAD,
    "metrics": {"test": {"srcc": 0.9, "plcc": 0.9}},
    "protocol": "clean",
    "dataset": "d",
    "loss_type": "l1",
    "seed": 1,
    "network": "n",
    "finished": 1.8e9,
    "elapsed_seconds": 60.0,
    "format": 1,
}


def runs_with_a_bad_one(ground: Ground) -> tuple[Path, Path]:
    """A shared folder with a run of ann's that was stopped, and one of mallory's that is yet to be made bad."""
    runs = ground.shared(f"runs-{len(list(ground.folder.iterdir()))}")
    good = ground.plant_run(runs, ground.ann, ["/bin/true"], GOOD, label="good")
    ground.plant(good / "stop.json", STOP, ground.ann)
    return runs, ground.plant_run(runs, ground.mallory, ["/bin/true"], BAD, label="bad")


def trouble_of(said: Said) -> str:
    """What is wrong with a `status` that should show the good row; empty if nothing is."""
    if said.hung:
        return said.line()
    if "Traceback" in said.text or said.code != 0:
        return f"exit {said.code}: {said.line()[:200]}" if "Traceback" not in said.text else _last_line(said)[:200]
    return "" if GOOD in said.text else "the good row is not shown"


def _last_line(said: Said) -> str:
    return said.text.strip().splitlines()[-1]


def look_at_each(ground: Ground, bad: dict[str, Callable[[Path], None]], prefix: tuple[str, ...] = ()) -> Outcome:
    """Make one folder of runs for each way to spoil a run, and have ann look at all of them at once."""
    folders: dict[str, Path] = {}
    for name, spoil in bad.items():
        folders[name], run = runs_with_a_bad_one(ground)
        spoil(run)
    looks = {name: [*prefix, *ground.status_command(runs)] for name, runs in folders.items()}
    outcome = Outcome()
    for name, said in ground.run_together(ground.ann, looks).items():
        trouble = trouble_of(said)
        outcome.add(name, trouble, trouble or said.line(BAD))
    return outcome


# T8


def t08_a_pipe_where_a_record_or_a_lock_should_be_hangs_every_look(ground: Ground) -> Outcome:
    def pipe(name: str) -> Callable[[Path], None]:
        def spoil(run: Path) -> None:
            path = run / name
            path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            os.mkfifo(path)
            path.chmod(0o666)

        return spoil

    attempt = ("process.json", "exit.json", "retry.json")
    names = ("spec.json", "stop.json", "place.json", "result.json", "alive.lock", "events.jsonl")
    return look_at_each(ground, {name: pipe(name) for name in (*names, *(f"attempts/1/{name}" for name in attempt))})


def t08_a_file_of_40_gib_takes_the_memory_of_who_looks(ground: Ground) -> Outcome:
    def huge(name: str) -> Callable[[Path], None]:
        def spoil(run: Path) -> None:
            (run / name).parent.mkdir(parents=True, exist_ok=True)
            with (run / name).open("wb") as file:
                file.truncate(HUGE_BYTES)

        return spoil

    names = ("spec.json", "result.json", "place.json", "attempts/1/exit.json", "attempts/1/process.json")
    return look_at_each(ground, {name: huge(name) for name in names}, ADDRESS_SPACE)


def t08_content_of_the_wrong_kind_takes_every_row_away(ground: Ground) -> Outcome:
    def nested(run: Path) -> None:
        ground.plant(run / "spec.json", "[" * 100_000, ground.mallory)

    def dated(run: Path) -> None:
        ground.plant_run(run.parent, ground.mallory, ["/bin/true"], run.name, created="yesterday")

    def listed(run: Path) -> None:
        ground.plant(run / "result.json", {**RESULT, "metrics": [1, 2]}, ground.mallory)

    bad = {"a spec of 100,000 [": nested, "created: yesterday": dated, "metrics a list": listed}
    return look_at_each(ground, bad)


def t08_a_pipe_as_a_spec_keeps_app_and_export_and_dispatcher_from_working(ground: Ground) -> Outcome:
    outcome = Outcome()
    runs, bad = runs_with_a_bad_one(ground)
    (bad / "spec.json").unlink()
    os.mkfifo(bad / "spec.json")
    said = ground.iqa(ground.ann, "--runs-dir", runs, "export")
    outcome.add("export", said.hung or "Traceback" in said.text, said.line())
    screen = screen_of(ground, runs, "good")
    outcome.add("app", not screen, screen or "the screen does not show the good row")
    launched = ground.launch(ground.ann, runs, ground.plan({"id": "E1"}), patience_seconds=STALL_SECONDS)
    was_started = launched.runs and wait_until(lambda: any(map(started, launched.runs)), STALL_SECONDS)
    words = launched.said.line() if launched.runs else f"the launch queues nothing in {STALL_SECONDS:g} s"
    outcome.add("dispatcher", not was_started, "ann's own run starts" if was_started else words)
    return outcome


def t08_a_pipe_in_the_lease_folder_hangs_every_look(ground: Ground) -> Outcome:
    """Each file that the program itself makes there, found out by a launch and by a device that is withdrawn."""
    runs, _ = runs_with_a_bad_one(ground)
    model = ground.make("model", mode=0o1777)
    (run,) = ground.queue(ground.mallory, ground.make("others", ground.mallory), ground.plan({"id": "E1"}),
                          IQA_TUI_LEASES=str(model))  # fmt: skip
    ground.until(lambda: started(run), "a run to take a lease")
    ground.iqa(ground.mallory, "withdraw", "cpu-0", IQA_TUI_LEASES=str(model))
    names = [path.name for path in model.iterdir() if path.is_file() and path.suffix in (".lock", ".journal")]
    if len(names) < 2:
        raise GroundError(f"the lease folder holds {names}, and a lock and a journal were expected")
    outcome = Outcome()
    for name in sorted(names):
        leases = ground.make(f"leases-{name}", mode=0o1777)
        os.mkfifo(leases / name)
        (leases / name).chmod(0o666)
        os.chown(leases / name, ground.mallory.uid, ground.gid)
        said = ground.status(ground.ann, runs, IQA_TUI_LEASES=str(leases))
        trouble = trouble_of(said)
        outcome.add(name, trouble, trouble or said.line("CPU", "cpu"))
    return outcome


def screen_of(ground: Ground, runs: Path, word: str) -> str:
    """The line of the app that holds the word; empty if none ever does."""
    env = [f"{name}={value}" for name, value in ground.env(ground.ann, TERM="xterm-256color").items()]
    program = ["env", "-i", *env, ground.python, "-m", "iqa_tui", "--runs-dir", str(runs)]
    with Terminal(ground.command(ground.ann, *program), 140, 40) as terminal:
        wait_until(lambda: terminal.read(0.2) or word in terminal.text, SCREEN_SECONDS)
        lines = [" ".join(line.split()) for line in terminal.text.splitlines() if word in line]
    return lines[0] if lines else ""


# T9


def t09_a_lock_of_another_user_stalls_a_queue_unsaid(ground: Ground) -> Outcome:
    runs = ground.shared()
    lock = runs / f"dispatcher-{ground.ann.uid}.lock"
    holder = hold_lock(ground, ground.mallory, lock)
    launched = ground.launch(ground.ann, runs, ground.plan({"id": "E1"}))
    was_started = wait_until(lambda: any(map(started, launched.runs)), STALL_SECONDS)
    if was_started:
        return Outcome.of(False, "ann's run starts")
    said = ground.status(ground.ann, runs)
    told = launched.said.text + said.text
    is_said = any(word in told for word in (lock.name, "mallory", str(ground.mallory.uid), f"pid {holder}"))
    return Outcome.of(not is_said, said.line(*(run.name for run in launched.runs), "error"))


def t09_the_owner_of_the_lease_folder_removes_it_and_two_runs_have_one_device(ground: Ground) -> Outcome:
    """In a place of its own for /run/lock: first the folder that the program takes by itself, then one that is named."""
    outcome = Outcome()
    host = ground.accounts()
    outcome.add("the machine's own", *_remove_leases(ground, host, Path("/run/lock/iqa-tui"), ""))
    leases = ground.make("of-mallory", ground.mallory) / "leases"
    outcome.add("IQA_TUI_LEASES", *_remove_leases(ground, host, leases, str(leases)))
    return outcome


def _remove_leases(ground: Ground, host: Host, leases: Path, variable: str) -> tuple[bool, str]:
    """Whether two runs of ann's get the one slot, because mallory made the folder first and then moves it away."""
    env = {"IQA_TUI_LEASES": variable}
    look = ground.status_command(ground.public)
    ground.run(ground.mallory, *look, host=host, **env)
    if variable:
        ground.run(ground.mallory, "sh", "-c", f"mkdir -p {leases} && chmod 1777 {leases}", host=host)
    number = len(list(ground.folder.iterdir()))
    end = ground.public / f"end-{number}"
    plan = ground.plan({"id": "E1", "until": str(end)})
    first, second = (ground.make(f"{name}-{number}", ground.ann) for name in ("first", "second"))
    one = _launch_within(ground, first, plan, host, env)
    ground.run(ground.mallory, "sh", "-c", f"mv {leases} {leases}.gone", host=host)
    ground.run(ground.mallory, *look, host=host, **env)
    other = _launch_within(ground, second, plan, host, env)
    is_double = bool(ground.trainers(first)) and bool(ground.trainers(second))
    words = "two trainers have the one slot" if is_double else f"{_words(one)}; {_words(other)}"
    end.touch()
    wait_until(lambda: not ground.trainers(first) + ground.trainers(second), 5.0)
    ground.kill(*ground.dispatchers())
    return is_double, words


def _launch_within(ground: Ground, runs: Path, plan: Path, host: Host, env: dict[str, str]) -> Launched:
    launched = ground.launch(ground.ann, runs, plan, host=host, **env)
    wait_until(lambda: launched.runs and all(map(started, launched.runs)), 3.0)
    return launched


def _words(launched: Launched) -> str:
    if launched.runs and all(map(started, launched.runs)):
        return "started"
    return f"not started ({launched.said.line('error', 'queued', 'held')})"


def t09_root_writes_where_a_link_in_a_shared_folder_points(ground: Ground) -> Outcome:
    runs = ground.shared()
    precious = ground.plant(ground.folder / "precious", "of root\n", ground.root)
    ground.must(ground.mallory, "ln", "-s", precious, runs / "dispatcher-0.log")
    launched = ground.launch(ground.root, runs, ground.plan({"id": "E1"}))
    wait_until(lambda: any(map(started, launched.runs)), 3.0)
    content = precious.read_text()
    words = f"root's file now ends in: {content.splitlines()[-1]}" if content != "of root\n" else launched.said.line()
    return Outcome.of(content != "of root\n", words)
