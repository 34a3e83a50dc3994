"""Every screen and every dialog in every form that is looked at, as SVG, and as PNG if `rsvg-convert` is installed.

    python -m tests.pictures OUT [--only WORDS] [--forms WORDS] [--runs DIR]

On made runs (`tests.pictures.folders`); with `--runs` the looks that suit any folder on those of a folder too. The forms
are those of `tests.pictures.looks.FORMS`. What cannot be read in a picture is printed below its name.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import shutil
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.color import ColorSystem
from textual.pilot import Pilot

import iqa_tui.app
import iqa_tui.watch.gpu_watcher
from iqa_tui.app import IqaApp
from iqa_tui.settings.remembered import Remembered
from iqa_tui.watch.gpu_watcher import HISTORY
from iqa_tui.widgets.canvas import Canvas
from tests.pictures.cells import TerminalColours, in_cells, unreadable
from tests.pictures.cluster import LoginNode
from tests.pictures.folders import GPUS, MAKERS, FourGpus, busy, folder_of
from tests.pictures.looks import FORMS, LOOKS, Form, Look

LONGEST_READING_SECONDS = 20.0
AT_ONCE = 4
"""Pictures that are drawn at the same time: most of a picture is waiting."""


@dataclass(frozen=True)
class Picture:
    """One file."""

    runs: Path
    look: Look
    form: Form
    target: Path

    @property
    def path(self) -> Path:
        width, height = self.form.size
        return self.target / f"{self.look.folder}_{self.look.name}_{width}x{height}_{self.form.name}.svg"


async def settled(pilot: Pilot[None], app: IqaApp) -> None:
    """All runs are read, and the devices are looked at."""
    until = time.monotonic() + LONGEST_READING_SECONDS
    while time.monotonic() < until and (not has_devices(app) or getattr(app.screen, "reading", "")):
        await pilot.pause(0.05)
    await pilot.pause(0.3)


def has_devices(app: IqaApp) -> bool:
    """The devices are looked at, and Slurm has told of its partitions if it is asked."""
    found = app.latest_devices
    return found is not None and (found.slurm is None or bool(found.slurm.told))


async def draw(picture: Picture) -> tuple[str, list[str]]:
    """The SVG, and what cannot be read in it."""
    look, form = picture.look, picture.form
    iqa_tui.app.Remembered = lambda _: Remembered(None)  # each picture is that of a new user
    if look.folder != "slurm":  # no other picture shows what this machine's own Slurm says
        iqa_tui.watch.gpu_watcher.has_slurm = lambda: False
    surveyor = LoginNode() if look.folder == "slurm" else FourGpus(picture.runs)
    app = IqaApp(picture.runs, room=look.room, ascii_mode=form.ascii_mode, make_surveyor=lambda: surveyor)
    if form.colour_system is not None:
        app._filters.append(TerminalColours(form.colour_system))
    if form.colour_system is ColorSystem.STANDARD:
        Canvas.has_few_colours = True  # a headless app has no terminal that tells
    async with app.run_test(size=form.size) as pilot:
        app.theme = form.theme
        await settled(pilot, app)
        if app.gpu_watcher is not None:  # two minutes of history
            for number in range(GPUS):
                app.gpu_watcher._history[f"GPU-fake-{number}"] = deque(busy(number), maxlen=HISTORY)
        for key in look.keys:
            await pilot.press(key)
            await pilot.pause(0.1)
        await pilot.pause(look.settle_seconds)
        return app.export_screenshot(title="iqa-tui"), unreadable(app, form.colour_system)


def draw_alone(picture: Picture) -> str:
    """In a process of its own, for its environment."""
    os.environ |= dict(picture.form.environment) | dict(picture.look.environment)
    svg, faults = asyncio.run(draw(picture))
    path = picture.path
    path.write_text(svg, encoding="utf-8")
    if shutil.which("rsvg-convert"):
        command = ["rsvg-convert", "-o", str(path.with_suffix(".png"))]
        subprocess.run(command, input=in_cells(svg), text=True, check=True)
    return "\n".join([str(path), *(f"    {fault}" for fault in faults)])


def pictures_of(runs: Path, looks: list[Look], forms: list[Form], target: Path) -> Iterator[Picture]:
    for look in looks:
        for form in forms:
            if look.room_for(form):
                yield Picture(runs, look, form, target)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    parser.add_argument("target", type=Path)
    parser.add_argument("--runs", type=Path, help="a folder of runs, for example that of a finished demo")
    parser.add_argument("--only", default="", help="looks whose folder and name hold one of these, parted by commas")
    parser.add_argument("--forms", default="", help="forms whose name or size holds one of these, parted by commas")
    options = parser.parse_args()
    options.target.mkdir(parents=True, exist_ok=True)
    names, wanted = options.only.split(","), options.forms.split(",")
    looks = [look for look in LOOKS if any(word in f"{look.folder}_{look.name}" for word in names)]
    forms = [form for form in FORMS if any(word in f"{form.size[0]}x{form.size[1]}_{form.name}" for word in wanted)]
    makers = {**MAKERS, **({"folder": options.runs} if options.runs else {})}
    for folder, make in makers.items():
        of_folder = [look.on("folder") for look in looks if folder == "folder" and look.suits_any]
        of_folder += [look for look in looks if look.folder == folder]
        if not of_folder:
            continue
        with folder_of(make) as runs, multiprocessing.get_context("fork").Pool(AT_ONCE, maxtasksperchild=1) as pool:
            for said in pool.imap(draw_alone, pictures_of(runs, of_folder, forms, options.target)):
                print(said, flush=True)


if __name__ == "__main__":
    main()
