"""When a frame is sent. `tests/terminal` has the whole program on terminals that are slow."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

import pytest
from rich.segment import Segment
from textual.app import App
from textual.pilot import Pilot

from iqa_tui.widgets import painting
from iqa_tui.widgets.mirror import Mirror
from iqa_tui.widgets.painting import PaintsDifferences
from iqa_tui.widgets.terminal_driver import TerminalDriver

PATIENCE_SECONDS = 20.0


class FakeTerminalDriver(TerminalDriver):
    """Of a terminal that takes everything at once, or nothing."""

    is_headless = True
    """The app itself draws nothing."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self.texts: list[str] = []
        self.takes = False
        self.terminal_is_new = True
        self.when_ready: Callable[[], None] | None = None

    @property
    def is_ready(self) -> bool:
        return self.takes

    def write(self, data: str) -> None:
        self.texts.append(data)

    def ask_whether_shown(self) -> None:
        pass

    def flush(self) -> None:
        pass


@pytest.fixture
async def pilot() -> AsyncIterator[Pilot[None]]:
    async with PaintsDifferences().run_test(size=(20, 4)) as pilot:
        yield pilot


@pytest.fixture
def driver(pilot: Pilot[None], monkeypatch: pytest.MonkeyPatch) -> FakeTerminalDriver:
    made = FakeTerminalDriver(pilot.app)
    monkeypatch.setattr(pilot.app, "_driver", made)
    monkeypatch.setattr(painting, "TRY_AGAIN_SECONDS", 0.01)
    return made


def frame(text: str) -> Mirror:
    mirror = Mirror(20, 4, None)
    mirror.put([(0, 0, [Segment(text)], len(text))])
    return mirror


async def until(pilot: Pilot[None], done: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done() and time.monotonic() < deadline:
        await pilot.pause(0.01)
    return done()


async def test_a_frame_that_waits_is_sent_though_the_terminal_never_says_that_it_is_ready(
    pilot: Pilot[None], driver: FakeTerminalDriver
) -> None:
    app = pilot.app
    assert isinstance(app, PaintsDifferences)
    app._mirror = frame("all is well")
    app.call_later(app._send_frame, driver, app._mirror)
    await pilot.pause(0.1)
    assert app._frame_waits
    assert not any("all is well" in text for text in driver.texts)
    driver.takes = True
    assert await until(pilot, lambda: any("all is well" in text for text in driver.texts))


async def test_of_frames_that_wait_the_newest_is_sent_when_the_terminal_says_that_it_is_ready(
    pilot: Pilot[None], driver: FakeTerminalDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(painting, "TRY_AGAIN_SECONDS", 1000.0)
    app = pilot.app
    assert isinstance(app, PaintsDifferences)
    for words in ("one", "two"):
        app._mirror = frame(words)
        app._send_frame(driver, app._mirror)
    assert driver.texts == []
    driver.takes = True
    app._send_waiting_frame()
    assert await until(pilot, lambda: any("two" in text for text in driver.texts))
    assert not any("one" in text for text in driver.texts)
