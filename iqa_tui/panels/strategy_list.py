"""How the ticked runs would be laid out: the strategies, one of them chosen, each with the hours it takes."""

from __future__ import annotations

from collections.abc import Mapping

from iqa_tui.plans.simulate import STRATEGIES, STRATEGY_NAMES, Schedule
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Cell, Column, TableRow

COLUMNS = (Column("mark", "", 3), Column("name", "", 11), Column("hours", "", 8, grows=True))


class StrategyList(RowTable):
    """Space, or moving the cursor, chooses."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, classes="panel", id="strategies", header=False)
        self.border_title = "Strategy"
        self.show_schedules({}, STRATEGIES[0])

    def show_schedules(self, schedules: Mapping[str, Schedule], chosen: str, counted: str = "") -> None:
        """Args:
        schedules: strategy to what it would do; empty if no hours are known.
        chosen: the strategy of the launch.
        counted: follows `2 devices`, for example ` free now` if others are busy.
        """
        self.show([_row(strategy, schedules.get(strategy), strategy == chosen, counted) for strategy in STRATEGIES])


def _row(strategy: str, plan: Schedule | None, chosen: bool, counted: str) -> TableRow:
    cells: dict[str, Cell] = {
        "mark": (("(•)" if chosen else "( )", "accent strong" if chosen else "dim"),),
        "name": STRATEGY_NAMES[strategy],
        "hours": (
            (f"{plan.time_words}, {plan.devices_words}{counted}" if plan else "", "strong" if chosen else "dim"),
        ),
    }
    return TableRow(strategy, cells)
