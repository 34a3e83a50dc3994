"""Writes the golden run folders with the program's own writer. `python -m tests.golden.make` renews those in git.

A change of their bytes is a change of the contract: an old reader, and every run folder that people keep, is affected.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path

from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.machine import GpuUse, MachineLog, MachineSample
from training.runfolder.schema import ExitRecord, Place, ProcessRecord, Result, RetryRecord, StopRequest
from training.runfolder.spec import Spec
from training.runfolder.write import EventWriter, write_atomic, write_record

HERE = Path(__file__).parent
START = 1_795_460_400.0


def a_spec(run_id: str, **changes: object) -> Spec:
    values: dict[str, object] = {
        "run_id": run_id,
        "group": "koniq-losses",
        "label": "L2 (MSE)",
        "experiment": "F2",
        "argv": ["python", "-m", "training", "--loss_type", "l2", "--run_folder", "{run_folder}"],
        "created": START,
        "priority": "high",
        "loss_type": "l2",
        "dataset": "koniq-10k",
        "network": "swin-base",
        "seed": 42,
        "expected_srcc": [0.930, 0.935],
        "expected_hours": 1.7,
        "created_by": "ann@gpu1",
    }
    return Spec(**(values | changes))  # type: ignore[arg-type]  # the values are spelled above


def _process(run: RunFolder, number: int = 1) -> None:
    devices = [{"key": "GPU-aaaa", "kind": "gpu", "index": 0, "name": "H100"}]
    record = ProcessRecord("an-earlier-boot", 4711, 123456, "gpu1", START + 2, devices, 4710, 123450, "ann")
    write_record(run.attempt(number).process, record)
    write_atomic(run.attempt(number).output, b"epoch 1/5  step 1/4404  loss 0.1200\n")


def _events(run: RunFolder, steps: int, attempt: int = 1) -> None:
    ticks = count()
    events = EventWriter(run.events, attempt, clock=lambda: START + 2 + next(ticks))
    events.write(
        "started",
        train_images=7058,
        val_images=1000,
        test_images=2015,
        parameters=89_111_941,
        device="cuda:0",
        precision="bf16",
        steps_per_epoch=4404,
        epochs=5,
    )
    for step in range(1, steps + 1):
        events.write("step", epoch=1, step=step, loss=0.12 / step, lr=5e-6, images_per_second=412.5)
    events.close()


def _machine(run: RunFolder) -> None:
    log = MachineLog(run, 1)
    for second, gib in ((3, 1), (5, 40), (9, 38)):
        gpu = GpuUse("GPU-aaaa", 0, gib << 30, 97, 411.5, 64)
        log.append(MachineSample(START + second, 1, 4 << 30, 3, [gpu]))
    log.append(MachineSample(START + 17, 1))


def _exit(run: RunFolder, kind: ExitKind, cause: str, **fields: int) -> None:
    write_record(run.attempt(1).exit, ExitRecord(kind, cause, START + 100, 98.0, **fields))


def finished(run: RunFolder) -> None:
    write_record(run.spec, a_spec(run.run_id))
    _process(run)
    _events(run, 3)
    metrics = {"test": {"srcc": 0.9321, "plcc": 0.9433, "krcc": 0.7702, "rmse": 5.25}, "val": {"srcc": 0.9301}}
    result = Result(
        run_id=run.run_id,
        metrics=metrics,
        protocol="clean",
        dataset="koniq-10k",
        loss_type="l2",
        seed=42,
        network="swin-base",
        finished=START + 99,
        elapsed_seconds=6120.0,
        best_epoch=3,
        epochs=5,
        images={"train": 7058, "val": 1000, "test": 2015},
        device="cuda:0 H100",
        precision="bf16",
        parameters=89_111_941,
        config={"loss_type": "l2", "lr": 5e-6},
        versions={"torch": "2.14.1"},
    )
    write_record(run.result, result)
    _machine(run)
    peaks = {"peak_rss_bytes": 4_200_000_000, "peak_gpu_memory_bytes": 40 << 30}
    _exit(run, ExitKind.FINISHED, "finished", returncode=0, **peaks)


def failed(run: RunFolder) -> None:
    write_record(run.spec, a_spec(run.run_id))
    _process(run)
    _events(run, 2)
    _exit(run, ExitKind.GPU_OUT_OF_MEMORY, "exit 1: CUDA out of memory (GPU 0, 23.6 of 24 GiB)", returncode=1)


def stopped(run: RunFolder) -> None:
    write_record(run.spec, a_spec(run.run_id))
    _process(run)
    _events(run, 2)
    write_record(run.stop, StopRequest("ann", START + 50, "wrong learning rate", 60.0))
    _exit(run, ExitKind.STOPPED, "stopped by ann, 14:02", returncode=75)


def lost(run: RunFolder) -> None:
    write_record(run.spec, a_spec(run.run_id))
    _process(run)
    _events(run, 2)


def running(run: RunFolder) -> None:
    lost(run)
    write_atomic(run.alive_lock, b"")
    write_atomic(run.supervisor_lock, b"")


def queued(run: RunFolder) -> None:
    write_record(run.spec, a_spec(run.run_id))


def held(run: RunFolder) -> None:
    """Waits with another priority than it was launched with, which a user gave it."""
    queued(run)
    write_record(run.place, Place("ann", START + 5, held=True, priority="low"))


def resumed(run: RunFolder) -> None:
    """Queued again without anybody asking, after a reboot."""
    lost(run)
    why = "lost: host gpu1 rebooted while it ran"
    write_record(run.attempt(2).retry, RetryRecord("iqa-tui", START + 200, why, automatic=True))


def torn(run: RunFolder) -> None:
    """A trainer died in the middle of a line; its second attempt met a loss that was no number."""
    write_record(run.spec, a_spec(run.run_id))
    _process(run)
    _events(run, 2)
    with run.events.open("ab") as file:
        file.write(b'{"kind": "step", "t": 1795460410.0, "att')
    _process(run, 2)
    events = EventWriter(run.events, 2, clock=lambda: START + 60)
    events.write("step", epoch=1, step=2, loss=math.nan, lr=5e-6, images_per_second=400.0)
    events.write("warning", text="loss not finite at step 2")
    events.close()


def future(run: RunFolder) -> None:
    write_record(run.spec, a_spec(run.run_id, format=99))


GOLDEN: dict[str, Callable[[RunFolder], None]] = {
    make.__name__: make for make in (finished, failed, stopped, lost, running, queued, held, resumed, torn, future)
}


def write_all(folder: Path) -> None:
    for name, make in GOLDEN.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
        make(RunFolder(folder / name))


if __name__ == "__main__":
    write_all(HERE)
