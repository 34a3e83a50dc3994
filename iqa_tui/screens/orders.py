"""What the user may order of a run: stop it, after a question; try it again; hold it; move it; copy a text.

Work is done in threads.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from iqa_tui.errors import LaunchError
from iqa_tui.monitor import run_words
from iqa_tui.screens.room import Room
from iqa_tui.screens.working import is_working
from iqa_tui.words.durations import duration_words
from iqa_tui.words.states import status_words
from training.runfolder.beat import patience_seconds
from training.runfolder.phase import Phase

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState
    from iqa_tui.queue.adopt import Adoption


ORDERS = ("stop_run", "retry_run", "hold_run", "priority_run", "archive", "notes")
"""Actions that order something of a run."""


class OrdersRoom(Room):
    """A screen on which the cursor stands on a run."""

    def check_action(self, action: str, parameters: tuple[Any, ...]) -> bool | None:
        """If the app is read only, no order has a key: key bar, help and palette say nothing of it."""
        return not (self.session.read_only and action in ORDERS) and super().check_action(action, parameters)

    def run_under_cursor(self) -> RunState | None:
        """The run that orders are for; None if the cursor is on none."""
        raise NotImplementedError

    def name_under_cursor(self) -> str:
        """Of the run that orders are for; empty if the cursor is on none."""
        state = self.run_under_cursor()
        return self.name_of(state) if state else ""

    def key_hint(self, action: str, description: str) -> str:
        return order_hint(action, super().key_hint(action, description), self.run_under_cursor())

    def action_stop_run(self) -> None:
        """Ask first: one key must not stop a run."""
        state = self.run_under_cursor()
        if state is None:
            return
        if state.phase is not Phase.QUEUED and not state.phase.is_alive:
            self.notify(f"{self.name_of(state)} is {status_words(state.status)}: there is nothing to stop.")
            return
        from iqa_tui.screens.confirm import Choice, ConfirmScreen  # noqa: PLC0415  after the first paint

        keep = Choice("keep", "Keep it running" if state.phase.is_alive else "Keep it queued")
        question = ConfirmScreen(
            f"Stop {self.name_of(state)}?",
            stop_lines(state, time.time()),
            (keep, Choice("stop", "Stop it", "error")),
        )

        def stop() -> str:
            from iqa_tui.queue.stop import stop_run  # noqa: PLC0415  only a user who stops a run waits for it

            return stop_run(state.run)

        self.app.push_screen(question, lambda answer: self._order(state, stop) if answer == "stop" else None)

    def action_retry_run(self) -> None:
        """Ask first: one key must not start a run."""
        state = self.run_under_cursor()
        if state is not None and not is_working(self, "retry"):
            work = self._show_adoption if state.status.elsewhere else self._show_retry
            self.run_worker(lambda: work(state), thread=True, group="retry")

    def _show_retry(self, state: RunState) -> None:
        """In a thread: where it would go on stands in its folder."""
        if not state.phase.can_be_retried or state.spec is None:
            self._retry(state)  # it is refused in words
            return
        from iqa_tui.queue.beginning import beginning_words  # noqa: PLC0415  as for a stop

        begins = beginning_words(state.run, state.spec)
        self.app.call_from_thread(self._ask_to_retry, state, retry_lines(state, begins, time.time()))

    def _ask_to_retry(self, state: RunState, lines: list[str]) -> None:
        from iqa_tui.screens.confirm import Choice, ConfirmScreen  # noqa: PLC0415  after the first paint

        question = ConfirmScreen(
            f"Try {self.name_of(state)} again?",
            lines,
            (Choice("leave", "Leave it"), Choice("retry", "Queue it again", "primary")),
        )

        def answered(answer: str | None) -> None:
            if answer == "retry":
                self.run_worker(lambda: self._retry(state), thread=True, group="retry")

        self.app.push_screen(question, answered)

    def _retry(self, state: RunState) -> None:
        """In a thread."""
        from iqa_tui.queue.retry import retry_run  # noqa: PLC0415  as for a stop
        from iqa_tui.trust.signature import NotSigned  # noqa: PLC0415  as above

        try:
            said = retry_run(state.run)
        except NotSigned:
            self._show_adoption(state)
        except (LaunchError, OSError) as error:
            self._tell(str(error), state, "error")
        else:
            self._tell(said, state)

    def _show_adoption(self, state: RunState) -> None:
        from iqa_tui.queue.adopt import adoption_of  # noqa: PLC0415  as above

        try:
            adoption = adoption_of(state.run)
        except (LaunchError, OSError) as error:
            self._tell(str(error), state, "error")
            return
        self.app.call_from_thread(self._ask_to_adopt, state, adoption)

    def _ask_to_adopt(self, state: RunState, adoption: Adoption) -> None:
        from iqa_tui.queue.adopt import adopt_run  # noqa: PLC0415  as above
        from iqa_tui.screens.confirm import Choice, ConfirmScreen  # noqa: PLC0415  after the first paint

        question = ConfirmScreen(
            f"Queue {self.name_of(state)} here, in your name?",
            adoption.lines,
            (Choice("leave", "Leave it"), Choice("adopt", "Queue it here", "primary")),
        )
        self.app.push_screen(
            question, lambda answer: self._order(state, lambda: adopt_run(adoption)) if answer == "adopt" else None
        )

    def action_hold_run(self) -> None:
        """One key holds and releases: a second press undoes the first."""
        state = self.run_under_cursor()
        if state is None:
            return

        def hold_or_release() -> str:
            from iqa_tui.queue.hold import hold_run, release_run  # noqa: PLC0415  as above

            return release_run(state.run) if state.status.held else hold_run(state.run)

        self._order(state, hold_or_release)

    def action_priority_run(self) -> None:
        """medium, high, low, and round again: the user presses the key first for a run that is to go first."""
        state = self.run_under_cursor()
        if state is None or state.spec is None:
            return
        following = {"high": "low", "low": "medium"}.get(state.priority, "high")

        def prioritise() -> str:
            from iqa_tui.queue.hold import prioritise_run  # noqa: PLC0415  as above

            return prioritise_run(state.run, following)

        self._order(state, prioritise)

    def _order(self, state: RunState, work: Callable[[], str]) -> None:
        self.run_worker(lambda: self._work(state, work), thread=True, group="orders")

    def _work(self, state: RunState, work: Callable[[], str]) -> None:
        """In a thread: do it, and tell the user what became of it."""
        try:
            said = work()
        except (LaunchError, OSError) as error:
            self._tell(str(error), state, "error")
            return
        self._tell(said, state)

    def _tell(self, said: str, state: RunState, severity: Literal["information", "error"] = "information") -> None:
        """From a thread, of this run."""
        text = _with_name(said, state.run_id, self.name_of(state))
        self.session.look_now()
        self.app.call_from_thread(self.notify, text, severity=severity, markup=False, timeout=8)

    def copy(self, text: str, what: str) -> None:
        """By the terminal's own clipboard (OSC 52), so it works over SSH."""
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied the {what}: {text}", markup=False)


def order_hint(action: str, description: str, state: RunState | None) -> str:
    """What the key bar says of a key that orders something of this run; empty if the order would be refused."""
    is_queued = state is not None and state.phase is Phase.QUEUED
    is_held = state is not None and state.status.held
    hints = {
        "stop_run": "stop" if is_queued or (state is not None and state.phase.is_alive) else "",
        "retry_run": _retry_hint(state),
        "hold_run": ("release" if is_held else "hold") if is_queued else "",
        "priority_run": "priority" if is_queued else "",
    }
    return hints.get(action, description)


def _retry_hint(state: RunState | None) -> str:
    if state is not None and state.status.elsewhere:
        return "adopt"
    return "retry" if state is not None and state.phase.can_be_retried else ""


def _with_name(said: str, run_id: str, name: str) -> str:
    """What the queue says of a run id, said of the run's name on screen; a path keeps the id."""
    return re.sub(rf"(?<!/)\b{re.escape(run_id)}\b(?!/)", lambda _: name, said)


def stop_lines(state: RunState, now: float) -> list[str]:
    """What the user must know before a run is stopped."""
    elapsed = state.elapsed_seconds(now)
    where = f"on {state.device_label}" if state.device_label else "on no device yet"
    since = f"It has run for {duration_words(elapsed)} {where}" if elapsed is not None else "It has not started"
    progress = f", epoch {run_words.epoch_words(state)}" if state.epoch else ""
    lines = [state.run_id, f"{since}{progress}."]
    return [*lines, *_reach_words(state), _stop_words(state)]


def retry_lines(state: RunState, begins: str, now: float) -> list[str]:
    """What the user must know before a run is tried again.

    Args:
        begins: where the next attempt does, see `beginning_words`.
    """
    elapsed = state.elapsed_seconds(now)
    where = f" on {state.device_label}" if state.device_label else ""
    ran = f"It ran for {duration_words(elapsed)}{where}: " if elapsed is not None else ""
    return [state.run_id, f"{ran}{status_words(state.status)}.", f"The next attempt begins {begins}."]


def _reach_words(state: RunState) -> list[str]:
    """How a stop reaches a run that no process of this machine works on; [] if it does so at once."""
    status = state.status
    if status.disk_trouble:
        job = " If it cannot be asked, Slurm cancels its job." if status.host_is_node or state.is_of_slurm else ""
        return [f"Its folder cannot be read well now ({status.cause}), so it may not find the request.{job}"]
    if not status.is_foreign:
        return []
    words = (
        f"It is on {status.host}: a stop is only a file in its folder, and takes effect once {status.host} reads it."
    )
    if status.beat_seconds is not None and status.beat_seconds < patience_seconds():
        return [
            words,
            f"Its supervisor there looks several times a second; last sign of life {_beat_words(state)} ago.",
        ]
    since = (
        f"gave no sign of life for {_beat_words(state)}" if status.beat_seconds is not None else "gives no sign of life"
    )
    return [words, f"It {since}: if that host is gone, the file stays unread, and the run as it is shown."]


def _beat_words(state: RunState) -> str:
    """Since its last sign of life, in words."""
    return duration_words(state.status.beat_seconds or 0.0)


def _stop_words(state: RunState) -> str:
    """What becomes of its work: a promise only if its trainer keeps it."""
    if not state.phase.is_alive:
        return "It will not start; R queues it again."
    retry = f"`iqa-tui retry --from-elsewhere {state.run_id}` tries" if state.status.is_foreign else "R tries"
    if state.spec is None or state.spec.trainer != "training":
        return f"Its own trainer is sent SIGTERM: whether it saves its work is not known here. {retry} it again."
    if not state.has_stepped:
        return f"It has not trained since it was started, so there is nothing new to save. {retry} it again."
    return f"It is asked to write a checkpoint first; {retry} it again from there."
