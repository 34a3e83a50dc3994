"""A trainer that trains nothing and keeps the trainer's promises to a host that shares its folder: beat, fence, and a
checkpoint on SIGTERM.

    python two_hosts_trainer.py --run_folder DIR [--resume] [--steps 60]

It tells a witness, in files outside of the run folder, what it wrote there and when, by a clock that all hosts of the
harness share. Under a program that knows no fence it writes without one, as that program's trainer did.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_json
from training.runfolder.schema import Result
from training.runfolder.write import EventWriter, write_json, write_record

STEP_SECONDS = 0.1
STEPS_A_CHECKPOINT = 5
EXIT_STOPPED, EXIT_TAKEN_OVER = 75, 76
"""Written here, since an earlier version has them in another module."""


class Witness:
    """What this trainer did, by its own word."""

    def __init__(self, run: RunFolder, attempt: int) -> None:
        folder, self._host = Path(os.environ["TWO_HOSTS_WITNESS"]), os.environ["TWO_HOSTS_HOST"]
        self._run, self._attempt = run.path.resolve().name, attempt
        # Several hosts may give one pid: the time tells their files apart.
        name = f"trainer-{self._run}-{attempt}-{self._host}-{time.monotonic_ns()}.jsonl"
        self._file = os.open(folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def tell(self, what: str, **fields: object) -> None:
        line = {"what": what, "run": self._run, "attempt": self._attempt, "host": self._host, "t": time.monotonic()}
        os.write(self._file, json.dumps({**line, **fields}).encode() + b"\n")


def guard(run: RunFolder, attempt: int) -> type[Exception]:
    """Beat and fence as the real trainer has them; what is raised when another attempt has taken the run."""
    try:
        from training.errors import TakenOver
        from training.process.fence import guard_supervised
    except ImportError:  # an earlier version
        return RuntimeError
    guard_supervised(run, attempt)
    return TakenOver


def first_step(run: RunFolder, resume: bool) -> int:
    try:
        content = read_json(run.last_checkpoint) if resume else None
        return int(content["step"]) + 1 if content else 1
    except (RunFolderError, KeyError, ValueError):
        return 1


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--run_folder", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    run, attempt = RunFolder(options.run_folder), int(os.environ["IQA_TUI_ATTEMPT"])
    witness = Witness(run, attempt)
    taken_over = guard(run, attempt)
    witness.tell("start")
    asked_to_stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked_to_stop.append(number))
    try:
        return train(run, attempt, options, witness, asked_to_stop)
    except taken_over as error:
        witness.tell("fenced")
        print(f"error: {error}", file=sys.stderr)
        return EXIT_TAKEN_OVER


def train(run: RunFolder, attempt: int, options: argparse.Namespace, witness: Witness, asked_to_stop: list[int]) -> int:
    """Every step to the result, or to the step after a signal: returns the exit status.

    The supervisor may see a take-over first and end this process by SIGTERM: it tells of it then too, since it writes.
    """
    events = EventWriter(run.events, attempt)
    events.write("started", train_images=8, val_images=2, test_images=2, steps_per_epoch=options.steps, epochs=1)
    witness.tell("write")
    for step in range(first_step(run, options.resume), options.steps + 1):
        events.write("step", epoch=1, step=step, loss=1 / step, lr=1e-4, images_per_second=100.0)
        witness.tell("write", step=step)
        if step % STEPS_A_CHECKPOINT == 0 or asked_to_stop:
            write_json(run.last_checkpoint, {"step": step})
            witness.tell("write", checkpoint=step)
        if asked_to_stop:
            return EXIT_STOPPED
        time.sleep(STEP_SECONDS)
    srcc = (sum(map(ord, options.run_folder.resolve().name)) % 1000) / 1000
    result = Result(
        run_id=options.run_folder.resolve().name,
        metrics={"test": {"srcc": srcc}},
        protocol="clean",
        dataset="two-hosts",
        loss_type="l1",
        seed=42,
        network="none",
        finished=time.time(),
        elapsed_seconds=1.0,
    )
    write_record(run.result, result)
    witness.tell("result", srcc=srcc)
    return 0


if __name__ == "__main__":
    sys.exit(main())
