"""What is done on one of the two hosts, by its own view of the folder: runs are queued there, and looked at.

python two_hosts_inside.py queue RUNS_DIR COUNT STEPS     prints the ids of the runs
python two_hosts_inside.py watch RUNS_DIR                 tells the witness of every run that is called lost
python two_hosts_inside.py state RUNS_DIR RUN             prints state, host, age of the beat and cause, as JSON
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.processes import start as processes
from iqa_tui.queue.dispatching import ensure_dispatcher
from training.runfolder.folders import create_run_folder, list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.spec import Spec
from training.runfolder.status import run_status
from training.runfolder.write import write_record

TRAINER = Path(__file__).with_name("two_hosts_trainer.py")
LOOK_SECONDS = 0.4


def queue(runs_dir: Path, count: int, steps: int) -> None:
    for _ in range(count):
        run = create_run_folder(runs_dir, f"run-{os.environ['TWO_HOSTS_HOST']}-{time.monotonic_ns() // 10**6}")
        argv = [sys.executable, str(TRAINER), "--run_folder", "{run_folder}", "--steps", str(steps)]
        spec = Spec(run.run_id, run.run_id, run.run_id, argv, time.time())
        try:
            signature = importlib.import_module("iqa_tui.trust.signature")
        except ImportError:  # a program that signs nothing
            write_record(run.spec, spec)
        else:
            signature.write_signed(run, spec, processes.trainer_variables())
        print(run.run_id)
    ensure_dispatcher(runs_dir)


def catalog(runs_dir: Path) -> Catalog:
    """As the app looks: again and again."""
    try:
        from training.runfolder.beat import BeatWatch
    except ImportError:  # an earlier version
        return Catalog(runs_dir)
    return Catalog(runs_dir, beats=BeatWatch())


def watch(runs_dir: Path) -> None:
    host, again = os.environ["TWO_HOSTS_HOST"], catalog(runs_dir)
    name = Path(os.environ["TWO_HOSTS_WITNESS"]) / f"look-{host}-{time.monotonic_ns()}.jsonl"
    with name.open("a", buffering=1) as file:
        while True:
            began = time.monotonic()
            looks = [(run.run_id, run_status(run), "status") for run in list_runs(runs_dir)]
            looks += [(state.run_id, state.status, "app") for state in again.refresh()]
            for run_id, status, by in looks:
                if status.phase is Phase.LOST:
                    line = {"what": "lost", "run": run_id, "attempt": status.attempt, "by": by, "cause": status.cause}
                    file.write(json.dumps({**line, "host": host, "t": began}) + "\n")
            time.sleep(LOOK_SECONDS)


def state(runs_dir: Path, run_id: str) -> None:
    status = run_status(RunFolder(runs_dir / run_id))
    content: dict[str, Any] = {"state": status.phase.value, "cause": status.cause, "attempt": status.attempt}
    content |= {"host": status.host, "beat_seconds": status.beat_seconds}
    print(json.dumps(content))


if __name__ == "__main__":
    what, folder, *rest = sys.argv[1:]
    with contextlib.suppress(KeyboardInterrupt):
        if what == "queue":
            queue(Path(folder), int(rest[0]), int(rest[1]))
        elif what == "watch":
            watch(Path(folder))
        else:
            state(Path(folder), rest[0])
