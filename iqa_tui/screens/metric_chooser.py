"""Asks which metrics are drawn, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from iqa_tui.monitor.metric_kinds import default_metrics, metric_kind
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Column, TableRow

COLUMNS = (Column("mark", "", 3), Column("title", "", 20, grows=True), Column("name", "", 31, importance=1))
KEYS = (
    (("space", "shows or hides one"), ("K J", "move it up, down"), ("d", "the usual ones")),
    (("enter", "draws them"), ("escape", "changes nothing")),
)
"""Of each line, and what they do."""


class MetricChooser(ModalScreen[tuple[str, ...] | None]):
    """Returns the chosen metrics in their order: () for the usual ones, None if nothing shall change."""

    CSS_PATH = "dialog.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "show_or_not", "show or not"),
        Binding("K,shift+up", "move(-1)", "move up", key_display="K"),
        Binding("J,shift+down", "move(1)", "move down", key_display="J"),
        Binding("d", "usual", "the usual ones"),
        Binding("enter", "accept", "draw them"),
        Binding("escape,q,m", "dismiss(None)", "leave them as they were"),
    ]

    def __init__(self, known: Sequence[str], chosen: Sequence[str]) -> None:
        """Args:
        known: every metric that some run has.
        chosen: those that are drawn now, in their order; some may be known of no run.
        """
        super().__init__()
        self._known = tuple(known)
        self._order = [*chosen, *(name for name in known if name not in chosen)]
        self._chosen = set(chosen)

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = "Metrics"
            yield RowTable(COLUMNS, id="metrics", header=False)
            yield Static(self._keys(), id="metric-keys", markup=False)

    def _keys(self) -> Text:
        accent = f"bold {self.app.current_theme.primary}"
        lines = (Text(" · ").join(Text.assemble((key, accent), f" {words}") for key, words in line) for line in KEYS)
        return Text("\n").join(lines)

    def on_mount(self) -> None:
        self._show()
        self.query_one(RowTable).focus()

    def on_row_table_row_clicked(self) -> None:
        self.action_show_or_not()

    def _show(self) -> None:
        rows = [
            TableRow(
                name,
                {
                    "mark": "[x]" if name in self._chosen else "[ ]",
                    "title": metric_kind(name).title if name in self._known else f"{metric_kind(name).title} (no run)",
                    "name": ((name, "dim"),),
                },
            )
            for name in self._order
        ]
        self.query_one(RowTable).show(rows, ["No run has a metric yet."])

    def action_show_or_not(self) -> None:
        name = self.query_one(RowTable).cursor_key
        if name is not None:
            self._chosen ^= {name}
            self._show()

    def action_move(self, rows: int) -> None:
        """Change the place of the metric under the cursor, which stays on it."""
        name = self.query_one(RowTable).cursor_key
        if name is None:
            return
        place = self._order.index(name)
        other = place + rows
        if 0 <= other < len(self._order):
            self._order[place], self._order[other] = self._order[other], name
            self._show()

    def action_usual(self) -> None:
        usual = [name for name in default_metrics(self._known) if name in self._known]
        self._order = [*usual, *(name for name in self._known if name not in usual)]
        self._chosen = set(usual)
        self._show()

    def action_accept(self) -> None:
        """The usual ones are no choice: what they are follows the runs."""
        chosen = tuple(name for name in self._order if name in self._chosen)
        usual = tuple(name for name in default_metrics(self._known) if name in self._known)
        self.dismiss(() if chosen == usual else chosen)
