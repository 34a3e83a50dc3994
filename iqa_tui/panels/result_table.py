"""The table of one group of runs, a bar for each SRCC, and what the table is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rich.cells import cell_len

from iqa_tui.results.row import Row
from iqa_tui.results.table import Table
from iqa_tui.widgets.meter import scale_bar
from iqa_tui.widgets.palette import series_sign, series_style
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Cell, Column, TableRow, with_label_width
from iqa_tui.words.durations import hours_words
from iqa_tui.words.states import RECORDED_SIGN
from training.runfolder.phase import Phase

BAR_WIDTH, SHORT_BAR_WIDTH = 24, 14
COLUMNS = (
    Column("mark", "", 1, importance=30),
    Column("id", "id", 2, grows=True, importance=30),
    Column("label", "experiment", 10, grows=True, importance=30),
    Column("srcc", "SRCC", 15, "right", importance=30),
    Column("plcc", "PLCC", 15, "right", importance=4),
    Column("delta", "Δ SRCC", 9, "right", importance=12),
    Column("hours", "time", 7, "right", importance=3),
    Column("status", "status", 11, grows=True, importance=2),
    Column("met", "expected", 8, importance=14),
    Column("bar", "SRCC", BAR_WIDTH, importance=8),
    Column("short", "SRCC", SHORT_BAR_WIDTH, importance=13, instead_of="bar"),
    Column("notes", "notes", 16, grows=True, importance=1),
)
BARS = {"bar": BAR_WIDTH, "short": SHORT_BAR_WIDTH}
LEAST_ID_WIDTH = 12
SIGN_WIDTH = 1
SAYS_WHY = ("srcc", "plcc", "delta", "hours", "status", "met")
"""Columns in which a row that has no result says why."""
NARROW = {"srcc": 7, "plcc": 7, "delta": 8}
"""Widths if no row has a spread over seeds."""


class ResultTable(RowTable):
    """Draws what `show_table` was given last."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, classes="panel", id="results", empty=("reading results …",))

    def show_table(self, table: Table, looks: Mapping[str, int], *, has_signs: bool = False) -> None:
        """Args:
        looks: run id to the number of its look, as in its row and at its curve.
        has_signs: a row has the sign of its curve, as there may be no colours.
        """
        self._columns = columns_for(table, has_signs=has_signs)
        self.show([result_row(row, table, looks, has_signs=has_signs) for row in table.rows], empty_words(table))


def columns_for(table: Table, *, has_signs: bool = False) -> tuple[Column, ...]:
    """As wide as the table needs: no name is cut while there is room for it."""
    ids, labels = [row.id for row in table.rows], [row.label for row in table.rows]
    texts = {"id": ids, "label": labels, "status": [row.status for row in table.rows if not _says_why(row)]}
    most = {key: max(map(cell_len, of), default=0) for key, of in texts.items()}
    widths = {} if _has_spread(table) else dict(NARROW)
    widths |= {"mark": COLUMNS[0].width + SIGN_WIDTH} if has_signs else {}
    low, high = (f"{bound:.3f}" for bound in srcc_bounds(table))
    return tuple(
        replace(
            column,
            title=low + column.title.center(BARS[column.key] - len(low + high)) + high
            if column.key in BARS
            else column.title,
            width=widths.get(column.key, column.width),
            most=max(column.width, most[column.key]) if column.key in most else 0,
        )
        for column in with_label_width(COLUMNS, "id", ids, LEAST_ID_WIDTH)
    )


def _has_spread(table: Table) -> bool:
    """Over seeds."""
    return any(row.srcc_sd is not None for row in table.rows)


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


def result_row(row: Row, table: Table, looks: Mapping[str, int], *, has_signs: bool = False) -> TableRow:
    """Args:
    looks, has_signs: see `ResultTable.show_table`.
    """
    bounds, with_sd = srcc_bounds(table), _has_spread(table)
    glyph, style = RECORDED_SIGN if row.recorded else (row.shown.glyph, row.shown.style) if row.shown else (" ", "")
    look = next((looks[run_id] for run_id in row.run_ids if run_id in looks), None)
    colour = "" if look is None else series_style(look)
    sign = "" if not has_signs else " " * SIGN_WIDTH if look is None else series_sign(look)
    word = row.shown.word if row.shown and row.phase and row.status == row.phase.value else row.status
    band = (row.expected_low, row.expected_high)
    cells: dict[str, Cell] = {
        "mark": ((glyph, style), (sign, colour)),
        "id": ((row.id, f"strong {colour}".rstrip()),),
        "label": row.label,
        "srcc": ((number(row.srcc, row.srcc_sd, with_sd), "strong good" if row.best_srcc else ""),),
        "plcc": ((number(row.plcc, row.plcc_sd, with_sd), "strong good" if row.best_plcc else ""),),
        "delta": (delta(row),),
        "hours": hours_words(row.hours) if row.hours is not None else "",
        "status": ((word, style),),
        "met": (_met(row),),
        "notes": ((row.notes, "dim"),),
        **{
            key: tuple(scale_bar(row.srcc, _complete(band), bounds, width, "dim" if row.recorded else colour))
            for key, width in BARS.items()
        },
    }
    failed = _says_why(row)
    return TableRow(
        row.key,
        cells,
        style="dim" if row.recorded else "",
        span_from=SAYS_WHY if failed else (),
        span=((row.status, style),) if failed else "",
    )


def _says_why(row: Row) -> bool:
    return row.srcc is None and row.phase in (Phase.FAILED, Phase.LOST)


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
    return {
        "yes": ("✓ met", "good"),
        "below": ("▼ below", "warning"),
        "above": ("▲ above", "good"),
        "other protocol": ("≠ prot.", "dim"),
    }.get(row.met, ("", ""))


def _complete(band: tuple[float | None, float | None]) -> tuple[float, float] | None:
    low, high = band
    return (low, high) if low is not None and high is not None else None
