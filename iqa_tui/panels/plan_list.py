"""The plans that can be launched."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from iqa_tui.plans.plan import Plan
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Cell, Column, TableRow
from training.runfolder.text import plain

COLUMNS = (Column("name", "plan", 14), Column("title", "", 10, grows=True, importance=2))


class PlanList(RowTable):
    """One line a plan. Why a plan cannot be read stands in the list of experiments."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, classes="panel", id="plans", header=False, empty=("reading plans …",))
        self.border_title = "Plan"

    def show_plans(self, plans: Mapping[str, Plan | str]) -> None:
        """Args:
        plans: name or path to the plan, or to the words why it cannot be read.
        """
        self.show([_row(name, plan) for name, plan in plans.items()])


def _row(name: str, plan: Plan | str) -> TableRow:
    if isinstance(plan, str):
        return TableRow(name, {"name": plain(Path(name).name), "title": (("cannot be read", "bad"),)})
    cells: dict[str, Cell] = {"name": ((plan.name, "strong"),), "title": ((plain(plan.title), "dim"),)}
    return TableRow(name, cells)
