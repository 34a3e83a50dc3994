"""How the ticked runs would be laid out: the strategies, one of them chosen, each with the hours it takes."""

from __future__ import annotations

from collections.abc import Mapping

from iqa_tui.plans.simulate import STRATEGIES, Schedule
from iqa_tui.widgets.row_table import Cell, Column, RowTable, TableRow
from iqa_tui.words.durations import duration_words

NAMES = {"all": "all at once", "sequential": "sequential", "priority": "by priority"}
COLUMNS = (Column("mark", "", 3), Column("name", "", 11), Column("hours", "", 8, grows=True))


class StrategyList(RowTable):
    """Space, or moving the cursor, chooses."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, classes="panel", id="strategies", header=False)
        self.border_title = "Strategy"
        self._schedules: Mapping[str, Schedule] = {}
        self.show_schedules({}, STRATEGIES[0])

    def show_schedules(self, schedules: Mapping[str, Schedule], chosen: str) -> None:
        """Args:
        schedules: strategy to what it would do; without one where no hours are known.
        """
        self._schedules = schedules
        self.show([_row(strategy, schedules.get(strategy), strategy == chosen) for strategy in STRATEGIES])

    def hours_words(self, strategy: str) -> str:
        """`, about 2.0 h on 4 devices`; empty where no hours are known."""
        plan = self._schedules.get(strategy)
        return f", about {_time(plan)} on {_devices(plan)}" if plan else ""


def _row(strategy: str, plan: Schedule | None, chosen: bool) -> TableRow:
    hours = "" if plan is None else f"{_time(plan)}, {_devices(plan)}"
    cells: dict[str, Cell] = {
        "mark": (("(•)" if chosen else "( )", "accent strong" if chosen else "dim"),),
        "name": NAMES[strategy],
        "hours": ((hours, "strong" if chosen else "dim"),),
    }
    return TableRow(strategy, cells)


def _time(plan: Schedule) -> str:
    return duration_words(plan.total_hours * 3600.0)


def _devices(plan: Schedule) -> str:
    count = len({placement.device for placement in plan.placements})
    return f"{count} device" + ("" if count == 1 else "s")
