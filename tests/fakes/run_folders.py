"""Run folders as the launcher and the trainer write them, without a launcher, a trainer or a wait.

`python -m tests.fakes.run_folders DIR` fills DIR with an ablation in every state and plays its living runs until it
is interrupted: something to open the app on.
"""

from __future__ import annotations

import math
import os
import random
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from iqa_tui.queue.dispatcher_files import dispatcher_lock
from iqa_tui.trust.state_folder import state_folder
from tests.fakes.runs import finish_run, queue_experiment
from training.runfolder.exits import ExitKind
from training.runfolder.host import boot_id, host_name, machine_id, start_ticks
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.read import read_spec
from training.runfolder.schema import ExitRecord, ProcessRecord
from training.runfolder.spec import Spec
from training.runfolder.write import EventWriter, write_record

STEPS_PER_EPOCH = 200
EPOCHS = 5


@dataclass
class FakeRun:
    """Writes one run's files, one act at a time. Nothing is locked unless asked for."""

    run: RunFolder
    spec: Spec
    attempt: int = 1
    started: float = 0.0

    @classmethod
    def queue(
        cls,
        runs_dir: Path,
        identity: str,
        *,
        seed: int = 42,
        created: float | None = None,
        signed: bool = True,
        **spec: Any,
    ) -> FakeRun:
        """Args:
        signed: queued here, by this user; otherwise as if it came from another host.
        """
        created = time.time() if created is None else created
        run = queue_experiment(runs_dir, identity, seed=seed, created=created, signed=signed, **spec)
        return cls(run, read_spec(run))

    def start(
        self, *, gpu: int | None = 0, at: float | None = None, attempt: int = 1, pid: int | None = None, node: str = ""
    ) -> FakeRun:
        """Write process.json as a supervisor does.

        Args:
            gpu: None: on CPU slot 0.
            node: on which Slurm started it; empty: on this host.
        """
        self.attempt, self.started = attempt, time.time() if at is None else at
        device = (
            {"key": "cpu-0", "kind": "cpu", "index": 0, "name": "CPU slot"}
            if gpu is None
            else {
                "key": f"{node}:{gpu}" if node else f"GPU-fake-{gpu}",
                "kind": "gpu",
                "index": gpu,
                "name": "NVIDIA H100",
            }
        )
        record = ProcessRecord(
            boot_id=boot_id(),
            pid=pid or os.getpid(),
            start_ticks=start_ticks(pid or os.getpid()) or 0,
            host=node or host_name(),
            machine=machine_id(),
            started=self.started,
            devices=[device],
            user="root",
        )
        write_record(self.run.attempt(attempt).process, record)
        return self

    def hold(self) -> list[int]:
        """Take the locks of a living run; it is alive until the descriptors are closed."""
        return [take_lock(self.run.alive_lock), take_lock(self.run.supervisor_lock)]

    def writer(self, clock: Any = time.time) -> EventWriter:
        return EventWriter(self.run.events, self.attempt, clock)

    def train(self, steps: int, *, seconds_per_step: float = 0.5, pause: float = 10.0, begun: bool = True) -> FakeRun:
        """Write the events of the first `steps` steps, with believable losses and an evaluation after each epoch."""
        now = [self.started + 2.0]
        writer = self.writer(lambda: now[0])
        if begun:
            writer.write("started", train_images=7058, val_images=1000, test_images=2015, parameters=89_111_941,
                         device="cuda", precision="bf16", steps_per_epoch=STEPS_PER_EPOCH, epochs=EPOCHS)  # fmt: skip
        noise = random.Random(self.spec.order)
        for step in range(1, steps + 1):
            now[0] += seconds_per_step
            epoch = (step - 1) // STEPS_PER_EPOCH + 1
            writer.write("step", epoch=epoch, step=step, loss=loss_at(step, self.spec.order, noise), lr=5e-6,
                         images_per_second=412.0)  # fmt: skip
            if step % STEPS_PER_EPOCH == 0:
                now[0] += pause
                writer.write("epoch", epoch=epoch, loss=loss_at(step, self.spec.order, noise), elapsed_seconds=110.0)
                writer.write(
                    "evaluated",
                    epoch=epoch,
                    split="val",
                    metrics={"srcc": srcc_at(epoch, self.spec.order), "plcc": 0.94},
                )
        writer.close()
        return self

    def print(self, text: str | bytes) -> FakeRun:
        output = self.run.attempt(self.attempt).output
        output.parent.mkdir(parents=True, exist_ok=True)
        with output.open("ab") as file:
            file.write(text.encode() if isinstance(text, str) else text)
        return self

    def end(
        self, kind: ExitKind = ExitKind.FAILED, cause: str = "exit 1: CUDA out of memory (GPU 0, 23.6 of 24 GiB)"
    ) -> FakeRun:
        record = ExitRecord(kind=kind, cause=cause, ended=self.started + 600, elapsed_seconds=600.0, returncode=1)
        write_record(self.run.attempt(self.attempt).exit, record)
        return self

    def finish(self, srcc: float = 0.9342, plcc: float = 0.9431, hours: float = 1.6, **result: Any) -> FakeRun:
        values = {
            "metrics": {"test": {"srcc": srcc, "plcc": plcc}, "val": {"srcc": srcc + 0.002, "plcc": plcc}},
            "finished": self.started + hours * 3600,
            "best_epoch": 4,
            "epochs": EPOCHS,
        }
        finish_run(self.run, srcc, plcc, hours=hours, **(values | result))
        return self.end(ExitKind.FINISHED, "")


def loss_at(step: int, which: int, noise: random.Random) -> float:
    """Falling, noisy, with a rare spike: what a loss curve looks like."""
    spike = 0.04 if noise.random() < 0.004 else 0.0
    level = 0.012 + 0.004 * which + 0.11 * math.exp(-step / (90 + 25 * which))
    return round(level * noise.uniform(0.75, 1.25) + spike, 5)


def srcc_at(epoch: int, which: int) -> float:
    return round(0.938 - 0.001 * which - 0.06 * math.exp(-epoch / 1.3), 4)


def lifelike_ablation(runs_dir: Path) -> list[FakeRun]:
    """F1 failed, F2 finished, F3 and F4 running, F5 queued. Returns the two that run; their locks are not held."""
    now = time.time()
    FakeRun.queue(runs_dir, "F1", created=now - 9000).start(gpu=0, at=now - 9000).train(120).print(
        "loading weights\nTraceback (most recent call last):\nerror: CUDA out of memory\n"
    ).end()
    FakeRun.queue(runs_dir, "F2", created=now - 8000).start(gpu=0, at=now - 7000).train(1000).print(
        "epoch 5/5  step 1000  loss 0.0204\ntest SRCC 0.9342  PLCC 0.9431\n"
    ).finish()
    running = [
        FakeRun.queue(runs_dir, "F3", created=now - 8000).start(gpu=1, at=now - 372).train(660),
        FakeRun.queue(runs_dir, "F4", created=now - 8000).start(gpu=2, at=now - 272).train(480),
    ]
    FakeRun.queue(runs_dir, "F5", created=now - 8000)
    return running


def hold_dispatcher_lock(runs_dir: Path) -> int:
    """As if a dispatcher worked: without it the app would start one, and that would start the queued runs."""
    runs_dir.mkdir(parents=True, exist_ok=True)
    state_folder()
    return take_lock(dispatcher_lock(runs_dir))


def play(runs: list[FakeRun], seconds: float) -> None:
    """Hold the locks of these runs and let them step twice a second."""
    held = [descriptor for fake in runs for descriptor in fake.hold()]
    held += [hold_dispatcher_lock(runs[0].run.runs_dir)]
    writers = [fake.writer() for fake in runs]
    noise = random.Random(7)
    until, step = time.monotonic() + seconds, 700
    while time.monotonic() < until:
        step += 1
        for fake, writer in zip(runs, writers, strict=True):
            epoch = min(EPOCHS, (step - 1) // STEPS_PER_EPOCH + 1)
            loss = loss_at(step, fake.spec.order, noise)
            writer.write("step", epoch=epoch, step=step, loss=loss, lr=5e-6, images_per_second=412.0)
            fake.print(f"epoch {epoch}/{EPOCHS}  step {step}  loss {loss:.4f}  412 images/s\n")
        time.sleep(0.5)
    for descriptor in held:
        os.close(descriptor)


if __name__ == "__main__":
    play(lifelike_ablation(Path(sys.argv[1])), seconds=float(sys.argv[2]) if len(sys.argv) > 2 else 600.0)
