"""What a person may order of a run: stop it, after a question; try it again; copy a text. Work is done in threads."""

from __future__ import annotations

import importlib
import re
import time
from typing import Any

from iqa_tui.errors import LaunchError
from iqa_tui.monitor import run_words
from iqa_tui.monitor.state import RunState
from iqa_tui.screens.room import Room
from iqa_tui.words.durations import duration_words
from training.runfolder.phase import Phase


class OrdersRoom(Room):
    """A screen on which a run can be pointed at."""

    def ask_to_stop(self, state: RunState | None) -> None:
        """Nothing that ends a run happens on one key."""
        if state is None:
            return
        if state.phase is not Phase.QUEUED and not state.phase.is_alive:
            self.notify(f"{run_words.run_name(state)} is {state.phase.value}: there is nothing to stop.")
            return
        from iqa_tui.screens.confirm import Choice, ConfirmScreen  # noqa: PLC0415  after the first paint

        question = ConfirmScreen(
            f"Stop {run_words.run_name(state)}?",
            stop_lines(state, time.time()),
            (
                Choice("keep", "Keep it running" if state.phase.is_alive else "Keep it queued"),
                Choice("stop", "Stop it", "error"),
            ),
        )

        def answered(answer: str | None) -> None:
            if answer == "stop":
                self.run_worker(lambda: self._stop(state), thread=True, group="orders")

        self.app.push_screen(question, answered)

    def _stop(self, state: RunState) -> None:
        from iqa_tui.queue.stop import stop_run  # noqa: PLC0415  only who stops a run pays for it

        try:
            said = stop_run(state.run)
        except (LaunchError, OSError) as error:
            self._tell(_with_name(str(error), state), "error")
            return
        self._tell(_with_name(said, state))

    def retry(self, state: RunState | None) -> None:
        """Of a run that was queued elsewhere the question comes first, what it would run."""
        if state is not None:
            work = self._show_adoption if state.status.elsewhere else self._retry
            self.run_worker(lambda: work(state), thread=True, group="orders")

    def _retry(self, state: RunState) -> None:
        from iqa_tui.queue.retry import retry_run  # noqa: PLC0415
        from iqa_tui.trust.signature import NotSigned  # noqa: PLC0415  as above

        try:
            said = retry_run(state.run)
        except NotSigned:
            self._show_adoption(state)
            return
        except (LaunchError, OSError) as error:
            self._tell(_with_name(str(error), state), "error")
            return
        self._tell(_with_name(said, state))

    def _show_adoption(self, state: RunState) -> None:
        from iqa_tui.queue.adopt import adoption_of  # noqa: PLC0415  as above

        try:
            adoption = adoption_of(state.run)
        except (LaunchError, OSError) as error:
            self._tell(_with_name(str(error), state), "error")
            return
        self.app.call_from_thread(self._ask_to_adopt, state, adoption)

    def _ask_to_adopt(self, state: RunState, adoption: Any) -> None:
        from iqa_tui.screens.confirm import Choice, ConfirmScreen  # noqa: PLC0415  after the first paint

        question = ConfirmScreen(
            f"Queue {run_words.run_name(state)} here, in your name?",
            adoption.lines,
            (Choice("leave", "Leave it"), Choice("adopt", "Queue it here", "primary")),
        )

        def answered(answer: str | None) -> None:
            if answer == "adopt":
                self.run_worker(lambda: self._adopt(state, adoption), thread=True, group="orders")

        self.app.push_screen(question, answered)

    def _adopt(self, state: RunState, adoption: Any) -> None:
        from iqa_tui.queue.adopt import adopt_run  # noqa: PLC0415  as above

        try:
            said = adopt_run(adoption)
        except (LaunchError, OSError) as error:
            self._tell(_with_name(str(error), state), "error")
            return
        self._tell(_with_name(said, state))

    def hold_or_release(self, state: RunState | None) -> None:
        """One key for both: it ends nothing, and pressed again it is undone."""
        if state is not None:
            self._change_place(state, "release_run" if state.status.held else "hold_run")

    def next_priority(self, state: RunState | None) -> None:
        """medium, high, low, and round again: what somebody presses first is to go first."""
        if state is not None and state.spec is not None:
            following = {"high": "low", "low": "medium"}.get(state.priority, "high")
            self._change_place(state, "prioritise_run", following)

    def _change_place(self, state: RunState, order: str, *arguments: str) -> None:
        def work() -> None:
            places = importlib.import_module("iqa_tui.queue.hold")  # only who orders something pays for it
            try:
                said = getattr(places, order)(state.run, *arguments)
            except (LaunchError, OSError) as error:
                self._tell(_with_name(str(error), state), "error")
                return
            self._tell(_with_name(said, state))

        self.run_worker(work, thread=True, group="orders")

    def _tell(self, text: str, severity: Any = "information") -> None:
        """From a thread."""
        self.session.look_now()
        self.app.call_from_thread(self.notify, text, severity=severity, markup=False, timeout=8)

    def copy(self, text: str, what: str) -> None:
        """By the terminal's own clipboard (OSC 52), so it works over SSH."""
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(f"Copied the {what}: {text}", markup=False)


def order_hint(action: str, description: str, state: RunState | None) -> str:
    """What the key bar says of a key that orders something of this run; empty where it would be refused."""
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


def _with_name(said: str, state: RunState) -> str:
    """What the launcher says of a folder, said of the run as it is called on screen; a path stays what it is."""
    return re.sub(rf"(?<!/)\b{re.escape(state.run_id)}\b(?!/)", lambda _: run_words.run_name(state), said)


def stop_lines(state: RunState, now: float) -> list[str]:
    """What a person must know before a run is stopped."""
    elapsed = state.elapsed_seconds(now)
    where = f"on {state.device_label}" if state.device_label else "on no device yet"
    since = f"It has run for {duration_words(elapsed)} {where}" if elapsed is not None else "It has not started"
    progress = f", epoch {run_words.epoch_words(state)}" if state.epoch else ""
    lines = [state.run_id, f"{since}{progress}."]
    if state.phase.is_alive:
        lines.append("It writes a checkpoint first; R tries it again from there.")
    else:
        lines.append("It will not start; R queues it again.")
    return lines
