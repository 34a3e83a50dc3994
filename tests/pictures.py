"""Every screen in every form that is looked at, as SVG, and as PNG if `rsvg-convert` is installed.

    python -m tests.pictures OUT [--runs DIR] [--only WORDS]

On made runs: the five losses with three seeds on four GPUs, eight of them alive; 200 runs; with `--runs` those of a folder
too. Dark and light at 140 × 40 and 80 × 24, and dark at 200 × 60.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from iqa_tui.app import IqaApp
from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.survey import Survey
from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock

SETTLE_SECONDS = 3.0
SIZES = ((140, 40), (80, 24))
WIDE = (200, 60)
LOSSES = ("F1", "F2", "F3", "F4", "F5")
GPUS = 4
GIB = 1 << 30


@dataclass(frozen=True)
class Look:
    """One picture: the keys that lead there from the screen that is opened."""

    name: str
    room: str
    keys: tuple[str, ...] = ()


LOOKS = (
    Look("monitor", "monitor"),
    Look("monitor-marked", "monitor", ("a",)),
    Look("monitor-crosshair", "monitor", ("a", "c", "left", "left", "left")),
    Look("monitor-curves", "monitor", ("a", "z")),
    Look("monitor-filter", "monitor", ("slash", *"srcc")),
    Look("run", "monitor", ("j", "j", "j", "enter")),
    Look("comparison", "monitor", ("j", "j", "j", "space", "j", "space", "D")),
    Look("log", "monitor", ("j", "j", "j", "tab", "tab", "z")),
    Look("launch", "launch"),
    Look("results", "results"),
    Look("help", "monitor", ("question_mark",)),
    Look("stop", "monitor", ("j", "j", "j", "K")),
)


class FourGpus:
    """Three hold our runs, one another user's."""

    def __init__(self, holders: list[str]) -> None:
        self._holders = holders

    def survey(self) -> Survey:
        return Survey(tuple(map(self._state, range(GPUS))), "", time.time(), "gpu")

    def _state(self, index: int) -> DeviceState:
        sample = GpuSample(
            index, f"GPU-{index}", "NVIDIA H100 80GB HBM3", (12 + 9 * index) * GIB, 80 * GIB, 91 + index, 58
        )
        device = Device(sample.uuid, "gpu", index, sample.name)
        reason = "held by ann, pid 4711 python (21.3 GiB, 3.0 h)" if index == GPUS - 1 else "in use"
        return DeviceState(device, False, reason, sample)


def several_seeds(runs: Path) -> list[int]:
    """Five losses, three seeds: some finished, eight alive, one failed, the rest queued. Returns held descriptors."""
    now, noise, held = time.time(), Random(1), []
    for number, (identity, seed) in enumerate((identity, seed) for seed in (1, 2, 3) for identity in LOSSES):
        fake = FakeRun.queue(runs, identity, seed=seed, created=now - 9000 + number)
        if number < 4:
            fake.start(gpu=number % GPUS, at=now - 8000).train(1000)
            write_scores(fake, noise)
            fake.finish(srcc=0.93 + 0.001 * number, config={"lr": 5e-6, "loss_type": identity, "batch_size": 32})
        elif number == 4:
            fake.start(gpu=0, at=now - 7000).train(150)
            fake.print("loading weights\nTraceback (most recent call last):\nerror: CUDA out of memory\n").end()
        elif number < 13:
            fake.start(gpu=number % GPUS, at=now - 700).train(300 + 70 * (number - 5))
            fake.print("".join(f"epoch 2/5  step {step}  loss {1 / step:.4f}\n" for step in range(1, 300)))
            held += fake.hold()
    return held


def many(runs: Path) -> list[int]:
    """Two hundred finished runs in four groups."""
    now = time.time()
    for number in range(200):
        fake = FakeRun.queue(
            runs, LOSSES[number % 5], seed=number // 5, created=now - 90_000 + number, group=f"sweep-{number // 50}"
        )
        fake.start(at=now - 80_000 + number).train(60).finish(srcc=0.9 + number / 9000)
    return []


def write_scores(fake: FakeRun, noise: Random) -> None:
    path = fake.run.score_file(fake.spec.dataset, "test")
    path.parent.mkdir(exist_ok=True)
    lines = ["image,mos,pred"]
    for number in range(300):
        mos = noise.uniform(20, 90)
        lines.append(f"img_{number:04d}.jpg,{mos!r},{(mos + noise.gauss(0, 6))!r}")
    path.write_text("\n".join(lines) + "\n")


async def picture(runs: Path, look: Look, size: tuple[int, int], theme: str) -> str:
    app = IqaApp(runs, room=look.room, make_surveyor=lambda: FourGpus([]))
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        await pilot.pause(SETTLE_SECONDS)
        for key in look.keys:
            await pilot.press(key)
            await pilot.pause(0.1)
        await pilot.pause(SETTLE_SECONDS)
        return app.export_screenshot(title="iqa-tui")


@contextlib.contextmanager
def folder_of(make: Callable[[Path], list[int]]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        os.environ |= {"IQA_TUI_STATE": f"{folder}/state", "IQA_TUI_LEASES": f"{folder}/leases"}
        held = [hold_dispatcher_lock(runs), *make(runs)]
        yield runs
        for descriptor in held:
            os.close(descriptor)


def draw(runs: Path, name: str, looks: tuple[Look, ...], target: Path) -> None:
    for look in looks:
        for theme, size in [
            *((theme, size) for theme in ("iqa-dark", "iqa-light") for size in SIZES),
            ("iqa-dark", WIDE),
        ]:
            path = target / f"{name}_{look.name}_{size[0]}x{size[1]}_{theme.removeprefix('iqa-')}.svg"
            path.write_text(asyncio.run(picture(runs, look, size, theme)), encoding="utf-8")
            if shutil.which("rsvg-convert"):
                subprocess.run(["rsvg-convert", str(path), "-o", str(path.with_suffix(".png"))], check=True)
            print(path, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--runs", type=Path, help="a folder of runs, for example that of a finished demo")
    parser.add_argument("--only", default="", help="looks whose name holds this")
    options = parser.parse_args()
    options.target.mkdir(parents=True, exist_ok=True)
    looks = tuple(look for look in LOOKS if options.only in look.name)
    for name, make in (("seeds", several_seeds), ("many", many)):
        with folder_of(make) as runs:
            draw(runs, name, looks, options.target)
    if options.runs is not None:
        draw(options.runs, "folder", looks, options.target)


if __name__ == "__main__":
    main()
