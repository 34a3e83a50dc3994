"""Reading runs: how soon rows and curves are there, what a look costs while nothing happens, and the memory of it all.

Times are of the processor, so that a busy machine does not count; each figure is of a process of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from iqa_tui.messages import RunsChanged
from iqa_tui.monitor.state import RunState
from iqa_tui.watch.run_watcher import PERIOD_SECONDS, RunWatcher
from tests.benchmarks.figure import compiled_once, report, status_bytes
from tests.fakes.run_folders import FakeRun
from training.runfolder.folders import list_runs

METRICS = 10
LONG_RUN_EVENTS = 10_000_000
PATIENCE_SECONDS = 900.0


def step_lines(first: int, count: int, metrics: int = METRICS) -> bytes:
    """As the trainer writes them, of steps from `first` on, with this many numbers each."""
    more = "".join(f', "metric_{number}": 0.{number}23456' for number in range(metrics - 3))
    return "".join(
        f'{{"kind": "step", "t": {1.8e9 + step / 4:.3f}, "attempt": 1, "epoch": {step // 2000 + 1}, "step": {step}, '
        f'"loss": {1 / (step + 1):.17g}, "lr": 5e-06, "images_per_second": {400 + step % 7}.25{more}}}\n'
        for step in range(first, first + count)
    ).encode()


def make_runs(runs_dir: Path, count: int, points: int) -> None:
    """Finished runs of which nothing changed for an hour: one is written, the rest are copies under other names."""
    first = FakeRun.queue(runs_dir, "F2").start().finish().run
    first.events.write_bytes(step_lines(1, points))
    for number in range(1, count):
        other = runs_dir / f"{first.run_id}-{number}"
        shutil.copytree(first.path, other, ignore=shutil.ignore_patterns("events.jsonl"))
        os.link(first.events, other / "events.jsonl")
    settle(runs_dir)


def settle(runs_dir: Path) -> None:
    for folder in (runs_dir, *(path for path in runs_dir.rglob("*") if path.is_dir())):
        os.utime(folder, (time.time() - 3600,) * 2)


class Watched:
    """A watcher, and what it posted last."""

    def __init__(self, runs_dir: Path) -> None:
        self.runs: tuple[RunState, ...] = ()
        self._posted = threading.Event()
        self._began = time.process_time()
        self.watcher = RunWatcher(runs_dir, self._take)
        self.watcher.start()

    def _take(self, message: Any) -> None:
        if isinstance(message, RunsChanged):
            self.runs = message.runs
            self._posted.set()

    def seconds_until(self, is_there: Callable[[tuple[RunState, ...]], bool]) -> float:
        """Of the processor, since it began."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_there(self.runs):
            if not self._posted.wait(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            self._posted.clear()
        return time.process_time() - self._began

    def look_at(self, run_id: str) -> None:
        look_at = getattr(self.watcher, "look_at", None)  # an earlier version reads all there is
        if look_at is not None:
            look_at([run_id])


def watch(runs_dir: str, count: str, points: str) -> dict[str, float]:
    """Until all rows are there, and until the curve of the run that is looked at is."""
    watched = Watched(Path(runs_dir))
    listed = watched.seconds_until(lambda runs: len(runs) == int(count))
    listed_bytes = status_bytes("VmRSS")
    run_id = watched.runs[-1].run_id
    watched.look_at(run_id)
    drawn = watched.seconds_until(lambda runs: runs[-1].step >= int(points) and getattr(runs[-1], "is_whole", True))
    watched.watcher.stop()
    return {"listed": listed, "listed_bytes": listed_bytes, "drawn": drawn, "highest": status_bytes("VmHWM")}


def idle(runs_dir: str, looks: str) -> dict[str, float]:
    """A look at runs of which none changes, after the first ones."""
    catalog = RunWatcher(Path(runs_dir), lambda _: None)._catalog
    for _ in range(25):
        catalog.refresh()
    began = time.process_time()
    for _ in range(int(looks)):
        catalog.refresh()
    return {"seconds": (time.process_time() - began) / int(looks)}


def load(runs_dir: str, runs: str, minutes: str) -> dict[str, float]:
    """Living runs that report two steps a second, without the waiting between: memory after a quarter and at the end."""
    fakes = [FakeRun.queue(Path(runs_dir), "F2", seed=number).start() for number in range(int(runs))]
    held = [fake.hold() for fake in fakes]
    catalog = RunWatcher(Path(runs_dir), lambda _: None)._catalog
    looks = int(float(minutes) * 60 / PERIOD_SECONDS)
    early = 0
    for look in range(looks):
        for fake in fakes:
            with fake.run.events.open("ab") as file:
                file.write(step_lines(look + 1, 1))
        states = catalog.refresh()
        early = status_bytes("VmRSS") if look == looks // 4 else early
    points = sum(len(curve.steps) for state in states for curve in getattr(state, "metrics", {}).values())
    assert held
    return {"early": early, "late": status_bytes("VmRSS"), "points": points or looks * len(fakes)}


def in_a_process(*task: object) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.reading", *map(str, task)]
    ended = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


def plain_seconds(runs_dir: Path) -> float:
    """Of the processor, for opening and parsing the three records of each run: no listing does with less."""
    began = time.process_time()
    for run in list_runs(runs_dir):
        for path in (run.spec, run.result, run.attempt(1).exit):
            json.loads(path.read_bytes())
    return time.process_time() - began


def many_runs(folder: Path, count: int) -> None:
    runs_dir = folder / "many"
    make_runs(runs_dir, count, 120)
    plain = plain_seconds(runs_dir)
    found = in_a_process("watch", runs_dir, count, 119)
    report(f"rows_of_{count}_runs", found["listed"], "s", "nothing", at_most={1000: 1, 10_000: 5}[count])
    report(f"rows_of_{count}_runs_ratio", found["listed"] / plain, "×", "parsing three records a run")
    if count == 1000:
        share = in_a_process("idle", runs_dir, 100)["seconds"] / PERIOD_SECONDS
        report("idle_look_1000_runs", 100 * share, "%", "a core, looks twice a second", at_most=1)
        command = [sys.executable, "-m", "iqa_tui", "status", "--json", "--runs-dir", str(runs_dir)]
        before = os.times()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=compiled_once())
        after = os.times()
        seconds = after.children_user + after.children_system - before.children_user - before.children_system
        report("status_json_1000_runs", seconds, "s", "nothing", at_most=1)
    shutil.rmtree(runs_dir)


def long_histories(folder: Path) -> None:
    runs_dir = folder / "long"
    make_runs(runs_dir, 200, 10_000)
    found = in_a_process("watch", runs_dir, 200, 10_000)
    against = "200 runs × 10 metrics × 10,000 points"
    report("rows_of_long_runs", found["listed"], "s", against, at_most=0.7)
    report("rows_of_long_runs_memory", found["listed_bytes"] / 1e6, "MB", against)
    report("curve_among_long_runs", found["drawn"], "s", against, at_most=1)
    report("curve_among_long_runs_memory", found["highest"] / 1e6, "MB", against, at_most=120)
    shutil.rmtree(runs_dir)


def one_endless_run(folder: Path, events: int) -> None:
    runs_dir = folder / "endless"
    run = FakeRun.queue(runs_dir, "F2").start().finish().run
    with run.events.open("wb") as file:
        for first in range(1, events, 100_000):
            file.write(step_lines(first, 100_000, metrics=6))
    settle(runs_dir)
    size = run.events.stat().st_size
    found = in_a_process("watch", runs_dir, 1, events)
    against = f"{events:,} events, {size / 1e9:.1f} GB"
    report("row_of_an_endless_run", found["listed"], "s", against, at_most=1)
    report("curve_of_an_endless_run", found["drawn"], "s", against)
    report("curve_of_an_endless_run_memory", found["highest"] / 1e6, "MB", against, at_most=300)
    shutil.rmtree(runs_dir)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["IQA_TUI_LEASES"], os.environ["IQA_TUI_STATE"] = f"{name}/leases", f"{name}/state"
        many_runs(folder, 1000)
        many_runs(folder, 10_000)
        long_histories(folder)
        found = in_a_process("load", folder / "load", 8, 10)
        grown = found["late"] - found["early"]
        report("memory_of_10_minutes", grown / 1e6, "MB", "the same after a quarter; 8 living runs", at_most=4)
        report("memory_a_point", grown / (0.75 * found["points"]), "bytes", f"{found['points']:,.0f} points")
        one_endless_run(folder, LONG_RUN_EVENTS)


TASKS: dict[str, Callable[..., dict[str, float]]] = {"watch": watch, "idle": idle, "load": load}

if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:])))
    else:
        main()
