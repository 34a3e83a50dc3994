"""How the app is left: at once if nothing is under way, else after a question."""

from __future__ import annotations

from iqa_tui.front.base import FrontApp
from training.runfolder.phase import Phase


class LeavingApp(FrontApp):
    """Every way out asks the same question."""

    async def action_quit(self) -> None:
        """Textual's own way out."""
        self.action_leave()

    def action_leave(self) -> None:
        """With runs alive, ask what shall become of them; an app that is read only cannot stop them."""
        launching = any(room.is_launching for room in self._rooms.values())
        is_busy = launching or any(state.phase.is_alive or state.phase is Phase.QUEUED for state in self._runs)
        if self.session.read_only or not is_busy:
            self.exit()
            return
        from iqa_tui.screens.leaving import leave_question  # noqa: PLC0415  after the first paint

        self.push_screen(leave_question(self._runs, launching=launching), self._leave_answered)

    def _leave_answered(self, answer: str | None) -> None:
        if answer == "leave":
            self.exit()
        elif answer == "stop":
            self.run_worker(self._stop_everything, thread=True)

    def _stop_everything(self) -> None:
        """In a thread. If a run cannot be stopped, the app says so and stays open."""
        from iqa_tui.queue.stop import can_stop, stop_all  # noqa: PLC0415  only the user who leaves waits for it

        done = stop_all(filter(can_stop, self._runs), why="asked when the app was left")
        self.call_from_thread(self._stopped, [stopped.words for stopped in done if stopped.is_refused])

    def _stopped(self, problems: list[str]) -> None:
        if problems:
            self.notify("\n".join(problems), severity="error", markup=False, timeout=15)
        else:
            self.exit()
