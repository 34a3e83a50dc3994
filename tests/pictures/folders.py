"""The folders of runs that pictures are drawn of, and the GPUs on which their runs are."""

from __future__ import annotations

import contextlib
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import skimage
from PIL import Image

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuProcess, GpuSample
from iqa_tui.devices.lease import Holder
from iqa_tui.devices.survey import Survey
from tests.fakes.run_folders import STEPS_PER_EPOCH, FakeRun, hold_dispatcher_lock
from tests.fakes.tuned import tuned_table, tuning_group
from tests.pictures.cluster import cluster_runs
from training.runfolder.exits import ExitKind
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_spec

Make = Callable[[Path], list[int]]
"""Fills a folder with runs and returns the descriptors that keep some of them alive."""

LOSSES = ("F1", "F2", "F3", "F4", "F5")
GPUS = 4
GIB = 1 << 30
SCORED_IMAGES = 300
PHOTOGRAPHS = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg")


class FourGpus:
    """Three have our living runs, one is another user's."""

    def __init__(self, runs: Path) -> None:
        alive = sorted(run for run in runs.glob("*") if RunFolder(run).alive_lock.exists()) if runs.is_dir() else []
        self._names = [run.name for run in alive]

    def survey(self) -> Survey:
        return Survey(tuple(map(self._state, range(GPUS))), "", time.time(), "gpu")

    def _state(self, index: int) -> DeviceState:
        now, is_ours = time.time(), index < GPUS - 1 and index < len(self._names)
        user, since = ("root", now - 700) if is_ours else ("ann", now - 10_800)
        process = GpuProcess(4711 + index, user, "python", (21 + 9 * index) * GIB, since)
        sample = GpuSample(
            index,
            f"GPU-fake-{index}",
            "NVIDIA H100 80GB HBM3",
            (22 + 9 * index) * GIB,
            80 * GIB,
            91 + index,
            58 + 2 * index,
            400.0 + 6 * index,
            (process,) if is_ours or index == GPUS - 1 else (),
        )
        device = Device(sample.uuid, "gpu", index, sample.name)
        reason = "in use" if is_ours else f"held by {user}, pid {process.pid} python (48.0 GiB, 3.0 h)"
        holders = (Holder(user, self._names[index], os.getpid()),) if is_ours else ()
        return DeviceState(device, False, reason, sample, holders)


def busy(index: int) -> list[float]:
    """Utilisation in percent over two minutes, with a short gap after each epoch."""
    return [8.0 if (look + 7 * index) % 23 < 2 else 90 + 6 * math.sin(look / 3 + index) for look in range(60)]


def seconds_for(steps: int) -> float:
    """How long ago a run began that has just made so many steps."""
    return 3 + 0.5 * steps + 10 * (steps // STEPS_PER_EPOCH)


def several_seeds(runs: Path) -> list[int]:
    """Five losses, three seeds: some finished, eight alive, one failed, the rest queued."""
    now, noise, held = time.time(), Random(1), []
    write_photographs(runs.parent / "koniq-10k" / "1024x768")
    for number, (identity, seed) in enumerate((identity, seed) for seed in (1, 2, 3) for identity in LOSSES):
        fake = FakeRun.queue(runs, identity, seed=seed, created=now - 9000 + number)
        if number < 4:
            fake.start(gpu=number % GPUS, at=now - 8000).train(1000)
            write_scores(fake, noise)
            config = {"lr": 5e-6, "loss_type": identity, "batch_size": 32, "data_path": str(runs.parent / "koniq-10k")}
            fake.finish(srcc=0.93 + 0.001 * number, config=config)
        elif number == 4:
            fake.start(gpu=0, at=now - 7000).train(150)
            fake.print("loading weights\nTraceback (most recent call last):\nerror: CUDA out of memory\n").end()
        elif number < 13:
            steps = 300 + 70 * (number - 5)
            fake.start(gpu=number % GPUS, at=now - seconds_for(steps)).train(steps)
            fake.print("".join(f"epoch 2/5  step {step}  loss {1 / step:.4f}\n" for step in range(1, 300)))
            held += fake.hold()
    return held


def tuned(runs: Path) -> list[int]:
    """Five losses, each tuned, two seeds: all finished, with scores by image."""
    noise = Random(1)
    tuned_table(runs, seeds=(1, 2))
    for run in list_runs(runs):
        if not (spec := read_spec(run)).trial:
            write_scores(FakeRun(run, spec), noise)
    return []


def tuning(runs: Path) -> list[int]:
    """One loss trains with what was chosen, one is being tuned, one waits."""
    return [lock for locks in tuning_group(runs) for lock in locks]


def many(runs: Path) -> list[int]:
    """Two hundred finished runs in four groups."""
    now = time.time()
    for number in range(200):
        fake = FakeRun.queue(
            runs, LOSSES[number % 5], seed=number // 5, created=now - 90_000 + number, group=f"sweep-{number // 50}"
        )
        fake.start(at=now - 80_000 + number).train(60).finish(srcc=0.9 + number / 9000)
    return []


def all_states(runs: Path) -> list[int]:
    """One run in most of the states, with words of every length."""
    now = time.time()
    running, starting = (
        FakeRun.queue(runs, "F2", created=now - 800).start(gpu=0, at=now - seconds_for(500)).train(500),
        FakeRun.queue(runs, "F3", created=now - 700).start(gpu=1, at=now - 5),
    )
    FakeRun.queue(runs, "F1", created=now - 900).start(at=now - 9000).train(1000).finish()
    FakeRun.queue(runs, "F4", seed=1, created=now - 600).start(at=now - 600).train(120).end()
    cause = "killed by SIGKILL: the machine has no memory left (231.4 of 251.6 GiB were this run's)"
    FakeRun.queue(runs, "F4", seed=2, created=now - 590).start(at=now - 600).train(120).end(cause=cause)
    FakeRun.queue(runs, "F4", seed=3, created=now - 580).start(at=now - 600).train(220).end(ExitKind.STOPPED, "")
    FakeRun.queue(runs, "F5", seed=1, created=now - 570).start(at=now - 600).train(90)
    FakeRun.queue(runs, "F5", seed=2, created=now - 560)
    FakeRun.queue(runs, "F5", seed=3, created=now - 550, signed=False)
    FakeRun.queue(runs, "F5", seed=4, created=now - 540).run.path.joinpath("spec.json").write_text("{")
    return running.hold() + starting.hold()


def empty(runs: Path) -> list[int]:
    runs.mkdir(parents=True, exist_ok=True)
    return []


def closed(runs: Path) -> list[int]:
    """No folder but a file, which cannot be read as one."""
    for path in runs.iterdir():
        path.unlink()
    runs.rmdir()
    runs.write_text("")
    return []


def write_scores(fake: FakeRun, noise: Random) -> None:
    path = fake.run.score_file(fake.spec.dataset, "test")
    path.parent.mkdir(exist_ok=True)
    lines = ["image,mos,pred"]
    for number in range(SCORED_IMAGES):
        mos = Random(number).uniform(20, 90)
        lines.append(f"img_{number:04d}.jpg,{mos!r},{(mos + noise.gauss(0, 6))!r}")
    path.write_text("\n".join(lines) + "\n")


def write_photographs(folder: Path) -> None:
    """Those of scikit-image, under the names of the scored images."""
    folder.mkdir(parents=True)
    for kind, name in enumerate(PHOTOGRAPHS):
        with Image.open(Path(skimage.__file__).parent / "data" / name) as photograph:
            photograph.convert("RGB").save(folder / name, "JPEG", quality=90)
        for number in range(kind, SCORED_IMAGES, len(PHOTOGRAPHS)):
            os.link(folder / name, folder / f"img_{number:04d}.jpg")


MAKERS: dict[str, Make | Path] = {
    "seeds": several_seeds,
    "changed": several_seeds,
    "many": many,
    "tuned": tuned,
    "tuning": tuning,
    "states": all_states,
    "slurm": cluster_runs,
    "empty": empty,
    "closed": closed,
}


@contextlib.contextmanager
def folder_of(make: Make | Path) -> Iterator[Path]:
    """A made folder of runs while it is drawn, with a state folder of its own; or one that there is."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"IQA_TUI_STATE": f"{folder}/state", "IQA_TUI_LEASES": f"{folder}/leases"}
        programs = os.environ["PATH"]
        Path(folder, "state").mkdir()
        if isinstance(make, Path):
            yield make
            return
        runs = Path(folder) / "runs"
        held = [hold_dispatcher_lock(runs), *make(runs)]
        yield runs
        for descriptor in held:
            os.close(descriptor)
        os.environ["PATH"] = programs  # without the Slurm of these runs
