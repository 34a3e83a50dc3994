"""The table of one group of runs, a bar for each SRCC, and what the table is."""

from __future__ import annotations

from dataclasses import replace

from iqa_tui.results.row import Row
from iqa_tui.results.table import Table
from iqa_tui.widgets.meter import scale_bar
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Cell, Column, TableRow
from iqa_tui.words.durations import hours_words
from iqa_tui.words.states import RECORDED_SIGN, SIGNS
from training.runfolder.phase import Phase

BAR_WIDTH = 24
COLUMNS = (
    Column("mark", "", 1),
    Column("id", "id", 4),
    Column("label", "experiment", 18, grows=True),
    Column("srcc", "SRCC", 15, "right"),
    Column("plcc", "PLCC", 15, "right", importance=7),
    Column("delta", "Δ SRCC", 9, "right", importance=8),
    Column("hours", "time", 7, "right", importance=5),
    Column("status", "status", 11, importance=6),
    Column("met", "expected", 8, importance=4),
    Column("bar", "SRCC", BAR_WIDTH, importance=2),
    Column("notes", "notes", 16, grows=True, importance=1),
)
NARROW = {"srcc": 7, "plcc": 7, "delta": 8}
"""Widths if no row has a spread over seeds."""


class ResultTable(RowTable):
    """Draws what `show_table` was given last."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, classes="panel", id="results", empty=("reading results …",))

    def show_table(self, table: Table) -> None:
        several = any(row.srcc_sd is not None for row in table.rows)
        bounds = srcc_bounds(table)
        self._columns = tuple(_column(column, bounds, several) for column in COLUMNS)
        self.show([result_row(row, bounds, several) for row in table.rows], empty_words(table))


def _column(column: Column, bounds: tuple[float, float], with_sd: bool) -> Column:
    if column.key == "bar":
        low, high = (f"{bound:.3f}" for bound in bounds)
        return replace(column, title=low + column.title.center(BAR_WIDTH - len(low + high)) + high)
    return column if with_sd else replace(column, width=NARROW.get(column.key, column.width))


def empty_words(table: Table) -> list[str]:
    return ["No results yet." if not table.group else f"No rows in {table.group}.", "", "Press 1 to launch a plan."]


def srcc_bounds(table: Table) -> tuple[float, float]:
    """A scale that holds every value and every range, with a little room."""
    values = [
        value for row in table.rows for value in (row.srcc, row.expected_low, row.expected_high) if value is not None
    ]
    if not values:
        return 0.0, 1.0
    margin = max(0.002, (max(values) - min(values)) * 0.05)
    return min(values) - margin, max(values) + margin


def result_row(row: Row, bounds: tuple[float, float], with_sd: bool) -> TableRow:
    glyph, style = RECORDED_SIGN if row.recorded else SIGNS[row.phase] if row.phase else ("", "")
    band = (row.expected_low, row.expected_high)
    cells: dict[str, Cell] = {
        "mark": ((glyph, style),),
        "id": ((row.id, "strong"),),
        "label": row.label,
        "srcc": ((number(row.srcc, row.srcc_sd, with_sd), "strong good" if row.best_srcc else ""),),
        "plcc": ((number(row.plcc, row.plcc_sd, with_sd), "strong good" if row.best_plcc else ""),),
        "delta": (delta(row),),
        "hours": hours_words(row.hours) if row.hours is not None else "",
        "status": ((row.status, style),),
        "met": (_met(row),),
        "notes": ((row.notes, "dim"),),
        "bar": tuple(scale_bar(row.srcc, _complete(band), bounds, BAR_WIDTH, "dim" if row.recorded else "accent")),
    }
    failed = row.srcc is None and row.phase in (Phase.FAILED, Phase.LOST)
    return TableRow(
        row.key,
        cells,
        style="dim" if row.recorded else "",
        span_from=("srcc", "plcc", "delta", "hours", "status") if failed else (),
        span=((row.status, style),) if failed else "",
    )


def number(value: float | None, sd: float | None, with_sd: bool) -> str:
    """Four decimals, and the spread over seeds if the table has one."""
    if value is None:
        return "–"
    spread = f" ±{sd:.4f}" if sd is not None else " " * 8
    return f"{value:.4f}{spread}" if with_sd else f"{value:.4f}"


def delta(row: Row) -> tuple[str, str]:
    """Signed and coloured; a difference across protocols is marked, as the notes say why."""
    if row.delta_srcc is None:
        return "", ""
    mark = "†" if row.delta_note else ""
    sign = "−" if row.delta_srcc < 0 else "+"
    return f"{sign}{abs(row.delta_srcc):.4f}{mark}", "bad" if row.delta_srcc < 0 else "good"


def _met(row: Row) -> tuple[str, str]:
    return {"yes": ("✓ met", "good"), "below": ("▼ below", "warning"), "above": ("▲ above", "good")}.get(
        row.met, ("", "")
    )


def _complete(band: tuple[float | None, float | None]) -> tuple[float, float] | None:
    low, high = band
    return (low, high) if low is not None and high is not None else None
