"""The experiments of a plan with their ticks."""

from __future__ import annotations

from collections.abc import Container

from textual import events

from iqa_tui.plans.plan import Experiment, Plan
from iqa_tui.widgets.canvas import wrapped
from iqa_tui.widgets.palette import series_style
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Cell, Column, TableRow, with_label_width
from iqa_tui.words.durations import duration_words
from training.runfolder.text import plain, plain_copy

SECONDS_PER_HOUR = 3600.0
MOST_LABEL_WIDTH = 30
WIDE_FROM = 60
"""Cells from which on the labels are shown whole."""
COLUMNS = (
    Column("tick", "", 3),
    Column("id", "id", 3),
    Column("label", "experiment", 12, grows=True),
    Column("priority", "priority", 8, importance=6),
    Column("prio", "prio", 4, importance=8, instead_of="priority"),
    Column("time", "time", 6, "right"),
    Column("srcc", "expected SRCC", 13, importance=5),
    Column("range", "SRCC", 9, importance=7, instead_of="srcc"),
    Column("notes", "notes", 16, grows=True, importance=2),
)
SHORT_PRIORITIES = {"medium": "med"}


class ExperimentList(RowTable):
    """Space ticks; ticked ones are launched."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, classes="panel", id="experiments")
        self.border_title = "Experiments"
        self._labels: tuple[str, ...] = ()
        self._columns_without_labels: tuple[Column, ...] = COLUMNS

    def show_plan(self, plan: Plan | None, ticked: Container[str], problem: str = "") -> None:
        experiments = plain_copy(plan.experiments) if plan else ()
        rows = [experiment_row(each, each.id in ticked, look) for look, each in enumerate(experiments)]
        self._columns_without_labels = with_label_width(COLUMNS, "id", (each.id for each in experiments))
        self._labels = tuple(each.label for each in experiments)
        self._fit_labels(self.size.width)
        self.show(rows, empty=wrapped(problem or "no plan is chosen", self.size.width))
        count = sum(each.id in ticked for each in plan.experiments) if plan else 0
        self.set_title(*_titles(plan, count) if plan else ("Experiments",))

    def _fit_labels(self, width: int) -> None:
        most = MOST_LABEL_WIDTH if width >= WIDE_FROM else 0
        self._columns = with_label_width(self._columns_without_labels, "label", self._labels, most)

    def on_resize(self, event: events.Resize) -> None:
        """Called before that of the base class, which draws."""
        self._fit_labels(event.size.width)


def experiment_row(experiment: Experiment, ticked: bool, look: int) -> TableRow:
    """Args:
    look: the number of the colour that its runs have on every screen.
    """
    hours, expected = experiment.expected_hours, experiment.expected_srcc
    cells: dict[str, Cell] = {
        "tick": (("[x]" if ticked else "[ ]", "accent strong" if ticked else "dim"),),
        "id": ((experiment.id, f"{series_style(look)} strong" if ticked else "dim"),),
        "label": experiment.label,
        "priority": experiment.priority,
        "prio": SHORT_PRIORITIES.get(experiment.priority, experiment.priority),
        "time": duration_words(hours * SECONDS_PER_HOUR) if hours is not None else "",
        "srcc": f"{expected[0]:.3f}–{expected[1]:.3f}" if expected else "",
        "range": "–".join(f"{each:.3f}".replace("0.", ".", 1) for each in expected) if expected else "",
        "notes": ((experiment.notes, "dim"),),
    }
    return TableRow(experiment.id, cells, style="" if ticked else "dim")


def _titles(plan: Plan, count: int) -> tuple[str, str, str]:
    """`Experiments · 2 of 5 ticked · tunes lr · Loss functions on KonIQ-10k`, and in fewer words.

    Args:
        count: how many are ticked.
    """
    tunes = f" · tunes {plain(', '.join(plan.tune.grid))}" if plan.tune is not None else ""
    ticked = f"{count} of {len(plan.experiments)} ticked{tunes}"
    return f"Experiments · {ticked} · {plain(plan.title)}", f"Experiments · {ticked}", ticked
