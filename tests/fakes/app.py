"""The app in a test: opened without a terminal on a made folder of runs and made devices."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.survey import Survey
from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock, lifelike_ablation

OpenApp = Callable[..., AbstractAsyncContextManager[Pilot[None]]]


class FakeSurveyor:
    """Two GPUs: one free, one held by another user."""

    def survey(self) -> Survey:
        return Survey((gpu_state(0, free=True), gpu_state(1, free=False)), "", time.time(), "gpu")


def gpu_state(index: int, *, free: bool) -> DeviceState:
    sample = GpuSample(index, f"GPU-{index}", "NVIDIA H100", 20 << 30, 80 << 30, 40, 55)
    device = Device(sample.uuid, "gpu", index, sample.name)
    return DeviceState(device, free, "free" if free else "held by ann, pid 4711 python (21.3 GiB, 3.0 h)", sample)


@pytest.fixture
def runs_dir(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def ablation(runs_dir: Path) -> Iterator[list[FakeRun]]:
    """F1 failed, F2 finished, F3 and F4 running, F5 queued; while the test lasts."""
    running = lifelike_ablation(runs_dir)
    held = [descriptor for fake in running for descriptor in fake.hold()]
    for fake in running:
        fake.print("epoch 3/5\nlast line\n")
    yield running
    for descriptor in held:
        os.close(descriptor)


@pytest.fixture
def open_app(runs_dir: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenApp]:
    """Open the app in a size and wait until it shows the runs that there are. A Slurm of this machine is asked nothing."""
    if "slurm" not in request.fixturenames:
        monkeypatch.setattr("iqa_tui.watch.gpu_watcher.has_slurm", lambda: False)

    @asynccontextmanager
    async def opened(size: tuple[int, int] = (140, 40), **options: Any) -> Any:
        from iqa_tui.app import IqaApp  # other tests need no app

        app = IqaApp(runs_dir, make_surveyor=FakeSurveyor, **options)
        async with app.run_test(size=size) as pilot:
            await settle(pilot, lambda: app.latest_devices is not None)
            yield pilot

    dispatching = hold_dispatcher_lock(runs_dir)
    yield opened
    os.close(dispatching)


async def settle(pilot: Pilot[None], done: Callable[[], bool], seconds: float = 10.0) -> None:
    """Let the app work until something is so."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise AssertionError(f"never came: {screen_text(pilot)}")
        await pilot.pause(0.02)
    await pilot.pause()


async def burst(pilot: Pilot[None], *keys: str) -> None:
    """Type all keys before the app has done anything with the first."""
    for key in keys:
        name = _character_to_key(key) if len(key) == 1 else key
        pilot.app._driver.send_message(events.Key(name, key if len(key) == 1 else None))
    await pilot.pause()


def screen_text(pilot: Pilot[None]) -> str:
    """What stands on the screen now, dialogs too."""
    screen = pilot.app.screen
    width, height = pilot.app.size
    lines = screen._compositor.render_strips(pilot.app.size) if width and height else []
    return "\n".join("".join(segment.text for segment in strip) for strip in lines)


def flowing(text: str) -> str:
    """The words of a screen without its frames and line ends."""
    return " ".join(text.replace("│", " ").split())
