"""What pages about runs share: they lie on the monitor until escape, and follow their runs."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.monitor.colours import colours_of
from iqa_tui.monitor.state import RunState
from iqa_tui.screens.orders import OrdersRoom
from iqa_tui.screens.room import Session

LOOK_SECONDS = 0.5


class Page(OrdersRoom):
    """A screen about one run or two. It is made anew each time that it is opened."""

    CSS_PATH = "pages.tcss"
    TAB = "monitor"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,backspace", "close", "back", key_display="esc"),
        Binding("tab", "next_panel(1)", "next panel"),
        Binding("shift+tab", "next_panel(-1)", "previous panel", show=False),
    ]

    def __init__(self, session: Session, run_ids: tuple[str, ...]) -> None:
        super().__init__(session)
        self.run_ids = run_ids

    @property
    def shown_runs(self) -> list[RunState]:
        """In the order in which they were given; a run whose folder is gone is left out."""
        by_id = {state.run_id: state for state in self.runs}
        return [by_id[run_id] for run_id in self.run_ids if run_id in by_id]

    @property
    def colours(self) -> dict[str, int]:
        return colours_of(self.runs)

    def run_under_cursor(self) -> RunState | None:
        return next(iter(self.shown_runs), None)

    def on_mount(self) -> None:
        self._follow()
        self.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._follow()
        self.looked()

    def _follow(self) -> None:
        self.devices = self.session.newest_devices()
        self.runs = self.session.newest_runs()

    def looked(self) -> None:
        """Called twice a second, whether a run changed or not."""

    def action_close(self) -> None:
        self.dismiss(None)
