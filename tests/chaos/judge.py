"""What must never happen, looked for while it could happen and once more when all is over."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.ground import Ground
from training.runfolder.events import read_events
from training.runfolder.folders import list_runs
from training.runfolder.host import host_name
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.runfolder.status import run_status

LOOK_SECONDS = 0.1
FORGED = "forged-"
"""Beginning of the names of runs that no user queued here: none of them may start."""


@dataclass
class Watch:
    """A thread that looks at every run again and again, as an app does, and remembers what it was told."""

    runs_dir: Path
    wrong: dict[str, str] = field(default_factory=dict)
    """What was seen of a run that must not be, by what it is about."""
    tampered: set[str] = field(default_factory=set)
    """Runs whose records the saboteur broke by hand: their state may go back."""
    looks: int = 0

    def __post_init__(self) -> None:
        self.still = threading.Lock()
        """Held for one look at all runs: a name that changes between the listing and the look says nothing."""
        self._ends: dict[tuple[str, int], Status] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            with self.still:
                for run in list_runs(self.runs_dir):
                    self.look(run)
                    self.looks += 1

    def look(self, run: RunFolder) -> None:
        if run.path.name.startswith(FORGED):
            return
        status = run_status(run)
        if status.phase.is_over and status.phase is not Phase.FINISHED and not status.cause:
            self.wrong[f"{run.run_id} unexplained"] = f"{status.phase} without a cause"
        if run.run_id in self.tampered:
            return
        if status.phase is Phase.UNREADABLE:
            self.wrong[f"{run.run_id} unreadable"] = status.cause
        before = self._ends.get((run.run_id, status.attempt))
        if before is not None and not _may_follow(before, status):
            words = (
                f"attempt {status.attempt} was {before.phase} ({before.cause}), then {status.phase} ({status.cause})"
            )
            self.wrong[f"{run.run_id} {status.attempt}"] = words
        if status.phase.is_over:
            self._ends[run.run_id, status.attempt] = status


def _may_follow(before: Status, after: Status) -> bool:
    """An attempt that is over stays as it ended."""
    if before.phase == after.phase:
        return True
    # One that never started has no end of its own: asked again, it waits again under the same number.
    if before.phase is Phase.STOPPED and before.cause.endswith("before it started"):
        return True
    # A stop was asked of a run that was dying: with the request that came too late, lost becomes stopped.
    return before.phase is Phase.LOST and after.phase is Phase.STOPPED


def told(ground: Ground, what: str) -> list[dict[str, Any]]:
    """What the trainers told their witness: events, results, doubles."""
    paths = sorted(ground.witness.glob(f"{what}-*.jsonl"))
    # What follows the last newline is of a trainer that was killed while it wrote.
    return [json.loads(line) for path in paths for line in path.read_text().split("\n")[:-1]]


def results_lost(ground: Ground) -> list[str]:
    lost = []
    for line in told(ground, "results"):
        run = RunFolder(ground.runs_dir / line["run"])
        result = read_record(run.result, Result)
        if (
            run_status(run).phase is not Phase.FINISHED
            or result is None
            or result.metrics["test"]["srcc"] != line["srcc"]
        ):
            lost.append(run.run_id)
    return lost


def events_lost(ground: Ground) -> list[str]:
    """Events that were written, and are not there, or not of the attempt that wrote them."""
    written: dict[str, set[tuple[int, int]]] = {}
    for line in told(ground, "events"):
        written.setdefault(line["run"], set()).add((line["attempt"], line["step"]))
    lost = []
    for run_id, steps in written.items():
        events = read_events(RunFolder(ground.runs_dir / run_id))
        there = {(event.attempt, event.fields["step"]) for event in events if event.kind == "step"}
        lost += [f"{run_id} attempt {attempt} step {step}" for attempt, step in sorted(steps - there)]
    return lost


def doubles(ground: Ground) -> list[str]:
    """Devices that a trainer found in another one's use."""
    return [f"{line['device']} by {line['run']}" for line in told(ground, "doubles")]


def states_wrong_so_far(watch: Watch) -> list[str]:
    return [f"{about}: {words}" for about, words in list(watch.wrong.items())]


def strays(ground: Ground) -> list[str]:
    """Runs that worked and should not have: forged ones, and on another host."""
    lines = [*told(ground, "events"), *told(ground, "results")]
    forged = {f"{line['run']} was started, but no user queued it" for line in lines if line["run"].startswith(FORGED)}
    elsewhere = {f"{line['run']} was started on {line['host']}" for line in lines if line["host"] != host_name()}
    return sorted(forged | elsewhere)


def states_wrong(ground: Ground, watch: Watch) -> list[str]:
    """What was seen on the way, and every run that is not finished though everything was done for it."""
    wrong = [*states_wrong_so_far(watch), *strays(ground)]
    for run in list_runs(ground.runs_dir):
        status = run_status(run)
        if status.phase is not Phase.FINISHED:
            wrong.append(f"{run.run_id}: at the end it is {status.phase} {status.cause}")
    return wrong
