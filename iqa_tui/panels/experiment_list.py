"""The experiments of a plan with their ticks."""

from __future__ import annotations

from collections.abc import Container

from iqa_tui.plans.plan import Experiment, Plan
from iqa_tui.widgets.canvas import wrapped
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Cell, Column, TableRow
from iqa_tui.words.durations import duration_words
from training.runfolder.text import plain_copy

SECONDS_PER_HOUR = 3600.0
COLUMNS = (
    Column("tick", "", 3),
    Column("id", "id", 4),
    Column("label", "experiment", 17, grows=True),
    Column("priority", "priority", 8, importance=6),
    Column("time", "time", 6, "right", importance=7),
    Column("srcc", "expected SRCC", 13, importance=5),
    Column("notes", "notes", 16, grows=True, importance=2),
)


class ExperimentList(RowTable):
    """Space ticks; ticked ones are launched."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, classes="panel", id="experiments")
        self.border_title = "Experiments"

    def show_plan(self, plan: Plan | None, ticked: Container[str], problem: str = "") -> None:
        experiments = plain_copy(plan.experiments) if plan else ()
        rows = [experiment_row(experiment, experiment.id in ticked) for experiment in experiments]
        self.show(rows, empty=wrapped(problem or "no plan is chosen", self.size.width))


def experiment_row(experiment: Experiment, ticked: bool) -> TableRow:
    hours, expected = experiment.expected_hours, experiment.expected_srcc
    cells: dict[str, Cell] = {
        "tick": (("[x]" if ticked else "[ ]", "accent strong" if ticked else "dim"),),
        "id": ((experiment.id, "strong"),),
        "label": experiment.label,
        "priority": experiment.priority,
        "time": duration_words(hours * SECONDS_PER_HOUR) if hours is not None else "",
        "srcc": f"{expected[0]:.3f}–{expected[1]:.3f}" if expected else "",
        "notes": ((experiment.notes, "dim"),),
    }
    return TableRow(experiment.id, cells, style="" if ticked else "dim")
