"""A chart of the results: one row a loss, its value and spread on one scale, its difference to the baseline on another.

With two lines a row the numbers stand below their drawing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from iqa_tui.panels.result_scale import gap_bounds, gap_line, plain_difference, with_room
from iqa_tui.results.row import Row
from iqa_tui.results.shown import ShownDifference, ShownFindings
from iqa_tui.results.table import Table
from iqa_tui.widgets.canvas import Canvas, Line, fit
from iqa_tui.widgets.interval_line import ASCII, UNICODE, Marked, Scale, interval_line, scale_line
from iqa_tui.widgets.palette import series_sign, series_style

GAP = 3
"""Cells between the two scales."""
MOST_NAME_WIDTH = 14
LEAST_SCALE_WIDTH = 12
LEAST_VALUE_WIDTH = 21
"""Of the scale of values: it keeps its ends and its name."""
AXES = 1
"""Lines below the rows."""
WIDE = 1_000
"""Cells that anything fits into."""


@dataclass(frozen=True, slots=True)
class Scales:
    """Widths in cells, and the ends of both scales."""

    name_width: int
    value_width: int
    gap_width: int
    """0: there is no room for differences, or no baseline."""
    values: tuple[float, float]
    gaps: tuple[float, float]


class ResultChart(Canvas, can_focus=True):
    """Draws what `show` was given last."""

    def __init__(self, *, ascii_mode: bool, has_signs: bool) -> None:
        super().__init__(id="chart", classes="panel")
        self._signs = ASCII if ascii_mode else UNICODE
        self._has_signs = has_signs
        self._table: Table | None = None
        self._findings: ShownFindings | None = None
        self._looks: Mapping[str, int] = {}

    def show(self, table: Table, findings: ShownFindings | None, looks: Mapping[str, int]) -> None:
        """Args:
        findings: of this table; None until they are computed: then there are no intervals.
        looks: run id to the number of its look.
        """
        self._table, self._findings, self._looks = table, findings, looks
        title = _title(table, findings, self._signs.band)
        shorter = title.replace(" whiskers", "")
        self.set_title(title, shorter, shorter.removeprefix("Test SRCC, "))  # the axis says it, too
        self.set_subtitle(findings.warning if findings else "")
        self.redraw()

    def lines_wanted(self, *, with_numbers: bool) -> int:
        """Args:
        with_numbers: below each drawing.
        """
        return max(1, (1 + with_numbers) * len(_with_value(self._table))) + AXES

    def draw(self, width: int, height: int) -> list[Line]:
        rows = _with_value(self._table)
        if self._table is None or not rows:
            return [[("no results yet", "dim")]]
        name_width = min(MOST_NAME_WIDTH, max(len(row.id) for row, _ in rows)) + 2 + 2 * self._has_signs
        differences = self._findings.differences if self._findings else tuple(map(plain_difference, self._table.rows))
        shown = [(row, differences[place]) for row, place in rows]
        has_numbers = height >= 2 * len(rows) + AXES
        gap_width = _gap_width(shown, width - name_width - GAP, has_numbers=has_numbers) if self._table.baseline else 0
        value_width = width - name_width - (gap_width + GAP if gap_width else 0)
        if value_width < LEAST_SCALE_WIDTH:
            return [[("too narrow for the chart", "dim")]]
        scales = Scales(
            name_width,
            value_width,
            gap_width,
            value_bounds([row for row, _ in shown]),
            gap_bounds([difference for _, difference in shown]),
        )
        lines = [line for row, difference in shown for line in self._row(row, difference, scales, has_numbers)]
        return [*lines[: max(1, height - AXES)], [(axes(scales, self._table.baseline), "dim")]][:height]

    def _row(self, row: Row, difference: ShownDifference | None, scales: Scales, has_numbers: bool) -> list[Line]:
        style = "dim" if row.recorded else self._colour(row)
        sd = row.srcc_sd or 0.0
        ends = (row.srcc - sd, row.srcc + sd) if row.srcc is not None and sd else None
        line = self._row_name(row, scales.name_width, style)
        marked = Marked(row.srcc, ends, style, band=_band(row), is_recorded=row.recorded)
        line += interval_line(marked, Scale(scales.values, scales.value_width, signs=self._signs))
        numbers = " " * scales.name_width + fit(_value_numbers(row), scales.value_width)
        if scales.gap_width:
            gaps = Scale(scales.gaps, scales.gap_width, has_zero=True, signs=self._signs)
            line += [(" " * GAP, ""), *gap_line(difference, gaps, style)]
            numbers += " " * GAP + fit(gap_numbers(difference, scales.gap_width), scales.gap_width)
        return [line, [(numbers, "dim")]] if has_numbers else [line]

    def _colour(self, row: Row) -> str:
        look = next((self._looks[run_id] for run_id in row.run_ids if run_id in self._looks), None)
        return "accent" if look is None else series_style(look)

    def _row_name(self, row: Row, width: int, style: str) -> Line:
        look = next((self._looks[run_id] for run_id in row.run_ids if run_id in self._looks), None)
        sign = "" if not self._has_signs else "  " if look is None else f"{series_sign(look)} "
        mark = self._signs.recorded if row.recorded else " "
        return [(sign + fit(row.id, width - 2 - len(sign)) + f"{mark} ", f"{style} strong")]


def _title(table: Table, findings: ShownFindings | None, band_sign: str) -> str:
    over = "splits" if any(row.split_count > 1 for row in table.rows) else "seeds"
    spread = f", whiskers ± SD over {over}" if any(row.srcc_sd is not None for row in table.rows) else ""
    band = f", {band_sign} expected" if any(_band(row) for row in table.rows) else ""
    has_intervals = findings is not None and any(
        each is not None and each.low is not None for each in findings.differences
    )
    gap = f" · Δ to {table.baseline}{', 95% interval' if has_intervals else ''}" if table.baseline else ""
    return f"Test SRCC{spread}{band}{gap}"


def axes(scales: Scales, baseline: str) -> str:
    """The line below the rows."""
    low, high = (f"{end:.3f}" for end in scales.values)
    line = " " * scales.name_width + scale_line(low, "test SRCC", high, scales.value_width)
    if not scales.gap_width:
        return line
    low, high = (f"{end:+.3f}".replace("-", "−") for end in scales.gaps)
    return line + " " * GAP + scale_line(low, f"Δ to {baseline}", high, scales.gap_width)


def _with_value(table: Table | None) -> list[tuple[Row, int]]:
    """The rows that have a value, each with its place in the table."""
    return [(row, place) for place, row in enumerate(table.rows) if row.srcc is not None] if table else []


def _band(row: Row) -> tuple[float, float] | None:
    low, high = row.expected_low, row.expected_high
    return (low, high) if low is not None and high is not None else None


def value_bounds(rows: Sequence[Row]) -> tuple[float, float]:
    """A scale that holds every value with its spread and every expected range, with a little room."""
    ends = [end for row in rows for end in _band(row) or ()]
    for row in rows:
        if row.srcc is not None:
            ends += [row.srcc - (row.srcc_sd or 0.0), row.srcc + (row.srcc_sd or 0.0)]
    return with_room(min(ends), max(ends))


def _value_numbers(row: Row) -> str:
    if row.srcc is None:
        return ""
    return f"{row.srcc:.4f}" + (f" ±{row.srcc_sd:.4f}" if row.srcc_sd is not None else "")


def _gap_width(shown: Sequence[tuple[Row, ShownDifference | None]], width: int, *, has_numbers: bool) -> int:
    """Half of the cells that both scales share; more if the numbers of the differences need it and those of the values
    do not. 0 if that is too little.
    """
    half = width // 2
    if half < LEAST_SCALE_WIDTH:
        return 0
    if not has_numbers:
        return half
    wanted = max(cell_len(gap_numbers(difference)) for _, difference in shown)
    least = max([LEAST_VALUE_WIDTH, *(cell_len(_value_numbers(row)) for row, _ in shown)])
    return wanted if half < wanted <= width - least else half


def gap_numbers(difference: ShownDifference | None, width: int = WIDE) -> str:
    """`+0.0034 [−0.0010, +0.0079] not shown`; if that is too wide, without the interval, which is drawn above."""
    if difference is None or difference.value is None:
        return ""
    texts = [
        f"{number:+.4f}".replace("-", "−")
        for number in (difference.value, difference.low, difference.high)
        if number is not None
    ]
    interval = f" [{texts[1]}, {texts[2]}]" if len(texts) == 3 else ""
    whole = f"{texts[0]}{interval} {difference.word}".rstrip()
    return whole if cell_len(whole) <= width else f"{texts[0]} {difference.word}".rstrip()
