"""An app that hands on one key after the other, so that keys typed ahead or pasted reach what they were meant for.

Textual gives a key to the widget that has the focus when the key is read. Of `/pair` in one burst all five would go to
the table, since the field that `/` opens gets the focus later; and `enter` would answer a question that came later.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from textual import events
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

_Place = tuple[Screen[Any], Widget | None]

PASSES = 2
"""Times that every widget from the focused one up to the app is waited for: what a widget makes of a key, such as
`Submitted`, is a message of its own, which goes the same way."""
MOST_PASSES = 8
"""While the key changes what has the focus."""
PATIENCE_SECONDS = 1.0
"""A widget that is removed while it is waited for never answers."""


class Question(ModalScreen[str]):
    """A dialog that a key typed before the dialog was there does not answer."""

    asked_at = math.inf
    """On the clock of events; infinite until it is on screen."""


class KeysInTurn(App[None]):
    """Takes the next key when all that the one before asked for is done."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key | events.Paste] = deque()
        self._is_taking = False
        self._keys_taken = 0
        self._keys_done = 0

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._typed.append(event)
            if not self._is_taking:
                await self._take_key()
        else:
            await super().on_event(event)

    async def _take_key(self) -> None:
        self._is_taking = bool(self._typed)
        if not self._typed:
            return
        event = self._typed.popleft()
        self._keys_taken += 1
        done = partial(self._key_done, self._keys_taken)
        screen = self.screen
        place = (screen, screen.focused)
        if not (isinstance(screen, Question) and event.time < screen.asked_at):
            await super().on_event(event)
        self.set_timer(PATIENCE_SECONDS, done)
        self._wait(place, PASSES, MOST_PASSES, done)

    def _wait(self, place: _Place, passes: int, most: int, done: Callable[[], None]) -> None:
        """Wait for the widgets that the key went to, and again while it moves the focus."""

        def passed() -> None:
            now = (self.screen, self.screen.focused)
            left = passes - 1 if now == place else PASSES
            if left and most > 1:
                self._wait(now, left, most - 1, done)
            else:
                done()

        screen, focused = place
        _in_turn([*(focused or screen).ancestors_with_self], passed)

    def _key_done(self, number: int) -> None:
        """Called when all is done, and when patience is at its end; the first call counts."""
        if number == self._keys_taken and number != self._keys_done:
            self._keys_done = number
            self.call_later(self._take_key)


def _in_turn(nodes: Sequence[MessagePump], then: Callable[[], None]) -> None:
    """Call `then` when each of the nodes, one after the other, has worked off its messages; those that are gone are
    passed over.
    """
    for place, node in enumerate(nodes):
        if node.call_later(_in_turn, nodes[place + 1 :], then):
            return
    then()
