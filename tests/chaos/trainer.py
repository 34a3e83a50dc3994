"""A trainer that trains nothing and keeps its word: events, checkpoints, a result, a checkpoint when it is asked to stop.

    python trainer.py --run_folder DIR [--resume] [--steps 40] [--stubborn] [--daemon] [--tear] [--limit_files]

Beside the run it tells a witness, in files of their own, what it has done: an event after it was written, a result after
it was written, and which device it uses. The judge compares the witness with the run folder.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import json
import os
import resource
import signal
import socket
import sys
import time
from pathlib import Path

from training.runfolder.errors import RunFolderError
from training.runfolder.exits import EXIT_STOPPED
from training.runfolder.held import hold
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_json
from training.runfolder.schema import Result
from training.runfolder.write import EventWriter, write_json, write_record

AWAY = ".away"
"""End of the name that a run has for a while when it is renamed."""
STEP_SECONDS = 0.05
STEPS_A_CHECKPOINT = 5
LIFE_SECONDS = 300.0
"""How long what is left behind on purpose lives, if the launcher does not end it."""


class Witness:
    """What this trainer did, by its own word, outside of the run folder."""

    def __init__(self, folder: Path, run: RunFolder, attempt: int) -> None:
        self._folder, self._run, self._attempt = folder, run, attempt
        self._name = run.run_id.removesuffix(AWAY)
        self._claims: list[int] = []

    def tell(self, what: str, **fields: object) -> None:
        about = {"run": self._name, "attempt": self._attempt, "host": socket.gethostname()}
        line = json.dumps({**about, **fields}).encode() + b"\n"
        # A file of our own: a trainer that is killed in the middle of a line tears no other file.
        name = f"{what}-{self._name}-{self._attempt}-{os.getpid()}.jsonl"
        descriptor = os.open(self._folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        os.write(descriptor, line)
        os.close(descriptor)

    def claim_devices(self) -> None:
        """Lock a file of our own for each device of ours; a trainer that finds it locked shares the device."""
        for key in self._devices():
            descriptor = os.open(self._folder / f"device-{key}", os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self.tell("doubles", device=key)
            self._claims.append(descriptor)  # open as long as we and our workers live

    def _devices(self) -> list[str]:
        """As the supervisor recorded them; [] if it was killed before it could."""
        deadline = time.monotonic() + 3.0
        while time.monotonic() < deadline:
            with contextlib.suppress(RunFolderError):
                record = read_json(self._run.attempt(self._attempt).process)
                if record is not None and record["pid"] == os.getpid():
                    return [device["key"] for device in record["devices"]]
            time.sleep(0.02)
        return []


class Asked:
    """Whether we were asked to stop, by TERM or by file."""

    def __init__(self, run: RunFolder) -> None:
        self._run, self._by_signal = run, False
        signal.signal(signal.SIGTERM, self._on_signal)

    def _on_signal(self, *_: object) -> None:
        self._by_signal = True

    def __call__(self) -> bool:
        return self._by_signal or self._run.stop.exists()


def fork_worker(stubborn: bool) -> None:
    """A loader worker: ignores TERM; a good one ends with its parent, a stubborn one does not."""
    parent = os.getpid()
    if os.fork() == 0:
        Path("/proc/self/comm").write_text("chaos-worker")
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        deadline = time.monotonic() + LIFE_SECONDS
        while time.monotonic() < deadline and (stubborn or os.getppid() == parent):
            time.sleep(0.2)
        os._exit(0)


def fork_daemon() -> None:
    """Closes everything, and descends from no process of ours."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            Path("/proc/self/comm").write_text("chaos-daemon")
            os.closerange(0, 256)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(LIFE_SECONDS)
        os._exit(0)
    os.wait()


def first_step(run: RunFolder, resume: bool, events: EventWriter) -> int:
    try:
        content = read_json(run.last_checkpoint) if resume else None
        return int(content["step"]) + 1 if content else 1
    except (RunFolderError, KeyError, ValueError):
        events.write("warning", text="the checkpoint cannot be read: from the beginning")
        return 1


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--run_folder", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--stubborn", action="store_true")
    parser.add_argument("--daemon", action="store_true")
    parser.add_argument("--tear", action="store_true", help="at first, die in the middle of a line")
    parser.add_argument("--limit_files", action="store_true", help="at first, no file may grow beyond 4 KiB")
    options = parser.parse_args()
    run, _ = hold(RunFolder(Path(f"/proc/self/fd/{os.environ['IQA_TUI_FOLDER']}")))
    attempt = int(os.environ["IQA_TUI_ATTEMPT"])
    asked = Asked(run)
    witness = Witness(Path(os.environ["CHAOS_GROUND"]) / "witness", run, attempt)
    witness.claim_devices()
    for _ in range(2):
        fork_worker(options.stubborn)
    if options.daemon:
        fork_daemon()
    if options.limit_files and attempt == 1:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
    events = EventWriter(run.events, attempt)
    began = time.monotonic()
    unwritten: list[int] = []
    events.write("started", train_images=8, val_images=2, test_images=2, steps_per_epoch=options.steps, epochs=1)
    for step in range(first_step(run, options.resume, events), options.steps + 1):
        events.write("step", epoch=1, step=step, loss=1 / step, lr=1e-4, images_per_second=100.0)
        unwritten.append(step)
        while unwritten and not events.trouble:  # what waits for room on the disk is not written yet
            witness.tell("events", step=unwritten.pop(0))
        print(f"step {step}/{options.steps}", flush=True)
        if options.tear and attempt == 1 and step == options.steps // 2:
            with run.events.open("ab", buffering=0) as file:
                file.write(b'{"kind": "step", "t": 17954604')
            os.kill(os.getpid(), signal.SIGKILL)
        if step % STEPS_A_CHECKPOINT == 0 or asked():
            write_json(run.last_checkpoint, {"step": step})
        if asked():
            return EXIT_STOPPED
        time.sleep(STEP_SECONDS)
    name = run.run_id.removesuffix(AWAY)
    srcc = (sum(map(ord, name)) % 1000) / 1000
    result = Result(
        run_id=name,
        metrics={"test": {"srcc": srcc}},
        protocol="clean",
        dataset="chaos",
        loss_type="l1",
        seed=42,
        network="none",
        finished=time.time(),
        elapsed_seconds=time.monotonic() - began,
    )
    write_record(run.result, result)
    witness.tell("results", srcc=srcc)
    return 0


if __name__ == "__main__":
    sys.exit(main())
