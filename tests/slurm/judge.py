"""What must never happen to runs on Slurm, looked for while it could happen and once more when all is over."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from iqa_tui.slurm.look import Asked, Overheard
from training.runfolder.events import read_events
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.runfolder.status import run_status

LOOK_SECONDS = 1.0


class Watch:
    """A thread that looks at every run from the login node, and remembers which attempts were said to be over."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self.wrong: dict[str, str] = {}
        self.looks = 0
        self.ended: dict[tuple[str, int], tuple[str, int]] = {}
        """By run and attempt: in which words, and how many steps it had then."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            for run in list_runs(self._runs_dir):
                self.look(run)
                self.looks += 1

    def look(self, run: RunFolder) -> None:
        status = run_status(run, slurm=Overheard())
        if not status.phase.is_over or status.phase is Phase.FINISHED:
            self.ended.pop((run.run_id, status.attempt), None) if status.phase is Phase.QUEUED else None
            return
        if not status.cause:
            self.wrong[f"{run.run_id} {status.attempt}"] = f"{status.phase} without a cause"
        key = (run.run_id, status.attempt)
        # One that never started has no end of its own: asked again, it begins under the same number.
        if key not in self.ended and not status.cause.endswith("before it started"):
            self.ended[key] = (f"{status.phase} ({status.cause})", len(steps_of(run, status.attempt)))


def steps_of(run: RunFolder, attempt: int) -> list[int]:
    if not run.events.exists():
        return []
    return [int(e.fields["step"]) for e in read_events(run) if e.kind == "step" and e.attempt == attempt]


def is_all_finished(runs_dir: Path) -> bool:
    return all(run.result.exists() for run in list_runs(runs_dir))


def figures(runs_dir: Path, watch: Watch) -> dict[str, list[str]]:
    """Each figure that must be 0, and what counts towards it."""
    return {
        "results lost": _results_lost(runs_dir),
        "two writers at once": _two_writers(runs_dir),
        "events lost": _events_lost(runs_dir),
        "runs said to be over that went on": _false_ends(runs_dir, watch),
        "runs that stay unexplained": _unexplained(runs_dir, watch),
    }


def told(runs_dir: Path) -> tuple[int, int]:
    """How many results and steps the trainers told their witness."""
    lines = [line for run in list_runs(runs_dir) for line in _witness(run)]
    results = sum("srcc" in line for line in lines)
    return results, len(lines) - results


def _witness(run: RunFolder) -> list[dict[str, Any]]:
    path = run.path.parents[1] / "witness" / f"{run.run_id}.jsonl"
    # What follows the last newline is of a trainer that was killed while it wrote.
    return [json.loads(line) for line in path.read_text().split("\n")[:-1] if line] if path.exists() else []


def _results_lost(runs_dir: Path) -> list[str]:
    lost = []
    for run in list_runs(runs_dir):
        if any("srcc" in line for line in _witness(run)):
            status, result = run_status(run, slurm=Asked()), read_record(run.result, Result)
            if result is None or status.phase is not Phase.FINISHED:
                lost.append(f"{run.run_id}: {status.phase} ({status.cause})")
    return lost


def _two_writers(runs_dir: Path) -> list[str]:
    """An older attempt's event behind a newer one's."""
    found = []
    for run in list_runs(runs_dir):
        last = 0
        for event in read_events(run) if run.events.exists() else []:
            if event.attempt < last:
                found.append(f"{run.run_id}: {event.kind} of attempt {event.attempt} after one of attempt {last}")
                break
            last = max(last, event.attempt)
    return found


def _events_lost(runs_dir: Path) -> list[str]:
    lost = []
    for run in list_runs(runs_dir):
        written = {(line["attempt"], line["step"]) for line in _witness(run) if "step" in line}
        there = {(e.attempt, e.fields["step"]) for e in read_events(run) if e.kind == "step"} if written else set()
        lost += [f"{run.run_id} attempt {attempt} step {step}" for attempt, step in sorted(written - there)]
    return lost


def _false_ends(runs_dir: Path, watch: Watch) -> list[str]:
    runs = {run.run_id: run for run in list_runs(runs_dir)}
    found = []
    for (run_id, attempt), (words, steps) in watch.ended.items():
        later = len(steps_of(runs[run_id], attempt)) - steps
        if later:
            found.append(f"{run_id} attempt {attempt}: {words}, then {later} steps more")
    return found


def _unexplained(runs_dir: Path, watch: Watch) -> list[str]:
    found = [f"{name}: {words}" for name, words in watch.wrong.items()]
    for run in list_runs(runs_dir):
        status = run_status(run, slurm=Asked())
        if status.phase is not Phase.FINISHED:
            found.append(f"{run.run_id}: stays {status.phase} ({status.cause})")
    return found
