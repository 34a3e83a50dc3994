"""When Slurm would start a job of the launch that is chosen: asked in a thread, and again after a minute."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Hashable

from textual.message import Message

from iqa_tui.plans.choice import LaunchChoice
from iqa_tui.plans.offered import asks_alike
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.expected_starts import expected_starts
from iqa_tui.screens.room import Room, Session

SETTLE_SECONDS = 0.5
"""While a user types settings, Slurm is not asked at each key."""
WORTH_SECONDS = 60.0
THREAD = "asks Slurm when jobs start"
ASKING = "asking Slurm when a job would start …"


class StartGuessed(Message, bubble=False):
    """Slurm told when it would start the jobs of a launch, or does not tell."""

    def __init__(self, asked: Hashable, words: str) -> None:
        super().__init__()
        self.asked = asked
        """What it was asked for."""
        self.words = words


class StartRoom(Room):
    """A screen that says when the jobs of a launch would start."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.start_words = ""
        """In words; empty if the launch is not for Slurm."""
        self._start_of: Hashable = None
        self._start_asked = 0.0
        """Seconds of the monotonic clock."""

    def show_forecast(self) -> None:
        """Draw the forecast with `start_words`."""
        raise NotImplementedError

    def look_up_start(self, choice: LaunchChoice) -> None:
        """Ask for another launch at once, for the same one after a minute; the words on it stay until then."""
        request = _request_of(choice)
        of = repr(asks_alike(request)) if request is not None else None
        if of != self._start_of:
            self.start_words = "" if request is None else ASKING
        elif time.monotonic() - self._start_asked < WORTH_SECONDS:
            return
        self._start_of, self._start_asked = of, time.monotonic()
        if request is not None:
            # A daemon, which no worker of Textual is: leaving the app does not wait for Slurm.
            thread = threading.Thread(target=self._ask, args=(request, of), name=THREAD, daemon=True)
            with contextlib.suppress(RuntimeError):  # no more threads may be started
                thread.start()

    def _ask(self, request: LaunchRequest, of: Hashable) -> None:
        """In a thread: Slurm may take seconds to answer."""
        time.sleep(SETTLE_SECONDS)
        if of == self._start_of:
            words = "; ".join(expected_starts(request))
            with contextlib.suppress(RuntimeError):  # the app has been left in the meantime
                self.post_message(StartGuessed(of, words))

    def on_start_guessed(self, message: StartGuessed) -> None:
        if message.asked == self._start_of and self.can_draw:
            self.start_words = message.words
            self.show_forecast()


def _request_of(choice: LaunchChoice) -> LaunchRequest | None:
    """None if it is not for Slurm, or if nothing can be launched so."""
    try:
        request = choice.request() if choice.partition is not None and choice.ticked_experiments() else None
    except ValueError:
        return None
    return request if request is not None and request.chosen() else None
