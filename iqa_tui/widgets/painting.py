"""An app that sends its terminal only what differs from the last frame, and a slow terminal fewer frames.

A frame waits while the last one is still on its way; then the newest state is sent, never a queue of old ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen

from iqa_tui.widgets.mirror import Mirror, Piece
from iqa_tui.widgets.terminal_driver import TerminalDriver

TRY_AGAIN_SECONDS = 0.25
"""How often a terminal that was not ready is looked at, whatever it says."""


class PaintsDifferences(App[None]):
    """Draws through a `Mirror` if its driver is a `TerminalDriver`."""

    def __init__(self) -> None:
        super().__init__()
        self._mirror: Mirror | None = None
        self._frame_waits = False
        self._will_try_again = False
        self._cursor_was = (0, 0)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        """As Textual's."""
        driver = self._driver
        is_ours = isinstance(renderable, ChopsUpdate | LayoutUpdate) and isinstance(driver, TerminalDriver)
        if not is_ours or self._batch_count or not self._running or self._closed or self.is_headless:
            super()._display(screen, renderable)
            return
        assert isinstance(renderable, CompositorUpdate)
        assert isinstance(driver, TerminalDriver)
        try:
            mirror = self._mirror_of(driver)
            mirror.put(pieces(renderable))
            self._send_frame(driver, mirror)
        except Exception as error:  # noqa: BLE001  as Textual does
            self._handle_exception(error)
        finally:
            self.post_display_hook()

    def _mirror_of(self, driver: TerminalDriver) -> Mirror:
        width, height = self.size
        mirror = self._mirror
        if mirror is None or (mirror.width, mirror.height) != (width, height):
            mirror = self._mirror = Mirror(width, height, self.console._color_system)  # noqa: SLF001  as Textual asks it
        if driver.terminal_is_new:
            driver.terminal_is_new = False
            driver.when_ready = self._send_waiting_frame
            mirror.forget()
        return mirror

    def _send_frame(self, driver: TerminalDriver, mirror: Mirror) -> None:
        if not driver.is_ready:
            self._frame_waits = True
            if not self._will_try_again:  # the word that it is ready may be lost
                self._will_try_again = True
                self.set_timer(TRY_AGAIN_SECONDS, self._try_again)
            return
        self._frame_waits = False
        text = mirror.difference()
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        if text or cursor != self._cursor_was:
            self._cursor_was = cursor
            self._begin_update()
            driver.write(text + Control.move_to(*cursor).segment.text)
            self._end_update()
            driver.ask_whether_shown()
            driver.flush()

    def _send_waiting_frame(self) -> None:
        """Called from a thread or the event loop when the terminal may have taken the last frame."""
        self.call_later(self._send_if_waiting)

    def _try_again(self) -> None:
        self._will_try_again = False
        self._send_if_waiting()

    def _send_if_waiting(self) -> None:
        driver, mirror = self._driver, self._mirror
        if self._frame_waits and isinstance(driver, TerminalDriver) and mirror is not None:
            self._send_frame(driver, mirror)

    def _check_resize(self) -> None:
        """As Textual's, which does nothing about a size that the screen has: but a terminal that had another one for a
        moment has cut or moved what it showed.
        """
        has_changed = self._resize_event is not None
        super()._check_resize()
        is_new = isinstance(self._driver, TerminalDriver) and self._driver.terminal_is_new
        if has_changed and is_new and self._mirror is not None:
            self.action_repaint()

    def action_repaint(self) -> None:
        """Write all of the screen again: another program wrote into the terminal."""
        if self._mirror is not None:
            self._mirror.forget()
        self.refresh(repaint=True, layout=True)


def pieces(update: CompositorUpdate) -> Iterator[Piece]:
    """What the update shows, and in which places."""
    if isinstance(update, ChopsUpdate):
        for y, first, last in update.spans:
            for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is not None and x <= last and end > first:
                    yield y, x, list(strip), min(end, last)
    elif isinstance(update, LayoutUpdate):
        for y, strips in enumerate(update.strips, update.region.y):
            x = update.region.x
            for strip in strips:
                yield y, x, list(strip), x + strip.cell_length
                x += strip.cell_length
