"""How the row under the cursor was tuned: the validation score of each value that was tried, the chosen one marked."""

from __future__ import annotations

import math

from rich.cells import cell_len

from iqa_tui.results.row import Row
from iqa_tui.results.tuning import TuningCurve, curve_of
from iqa_tui.widgets.canvas import Canvas, Line
from iqa_tui.widgets.scatter import cloud, joined
from iqa_tui.words.values import value_words
from training.runfolder.text import plain

LABEL_WIDTH = 6
LEAST_COLUMNS, LEAST_ROWS = 8, 2
CHOSEN, TRIED = "●", "○"
ASCII_CHOSEN, ASCII_TRIED = "@", "o"
MARGIN = 0.08
"""Of the range of scores, above and below them."""


class TuningPlot(Canvas):
    """Draws the row that `show` was given last."""

    def __init__(self, *, ascii_mode: bool) -> None:
        super().__init__(id="tuning-plot", classes="panel")
        self._ascii_mode = ascii_mode
        self._curve: TuningCurve | None = None
        self._colour = ""

    def show(self, row: Row | None, style: str) -> bool:
        """Args:
        row: under the cursor.
        style: of its curves.

        Returns:
            Whether there is a curve: a row that was tuned by one number.
        """
        self._curve, self._colour = curve_of(row) if row is not None else None, style
        if row is not None and self._curve is not None:
            by = f"validation SRCC by {plain(self._curve.flag)}"
            self.set_title(f"Tuning · {row.id} · {by}", f"{row.id} · {by}", by)
        self.redraw()
        return self._curve is not None

    def draw(self, width: int, height: int) -> list[Line]:
        columns, rows = width - LABEL_WIDTH - 1, height - 1
        if self._curve is None or columns < LEAST_COLUMNS or rows < LEAST_ROWS:
            return []
        curve = self._curve
        xs = [math.log10(value) if curve.is_log else value for value, _ in curve.points]
        lowest, highest = min(score for _, score in curve.points), max(score for _, score in curve.points)
        room = MARGIN * (highest - lowest) or 0.005
        ends = (_ends(xs), (lowest - room, highest + room))
        points = [(x, score) for x, (_, score) in zip(xs, curve.points, strict=True)]
        line = joined(joined(points))  # once more: so close that a wide panel has no gaps
        drawn = cloud(line, (columns, rows), ends, ascii_only=self._ascii_mode)
        marks: dict[tuple[int, int], bool] = {}
        places: list[tuple[int, float]] = []
        for (x, score), (value, _) in zip(points, curve.points, strict=True):
            place = _cell(x, ends[0], columns), rows - 1 - _cell(score, ends[1], rows)
            places.append((place[0], value))
            marks[place] = marks.get(place, False) or value == curve.chosen
        labels = {rows - 1 - _cell(each, ends[1], rows): f"{each:.3f}" for each in (lowest, highest)}
        lines = [self._row(text, row, marks, labels.get(row, "")) for row, text in enumerate(drawn)]
        return [*lines, [(" " * LABEL_WIDTH + "└" + _axis(places, curve.chosen, columns), "dim")]]

    def _row(self, text: str, row: int, marks: dict[tuple[int, int], bool], label: str) -> Line:
        tried, chosen = (ASCII_TRIED, ASCII_CHOSEN) if self._ascii_mode else (TRIED, CHOSEN)
        line: Line = [(f"{label:>{LABEL_WIDTH}}" + ("┤" if label else "│"), "dim")]
        for column, sign in enumerate(text):
            is_chosen = marks.get((column, row))
            if is_chosen is None:
                line.append((sign, self._colour))
            else:
                line.append((chosen, f"{self._colour} strong") if is_chosen else (tried, self._colour))
        return line


def _ends(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def _cell(value: float, ends: tuple[float, float], cells: int) -> int:
    return round((value - ends[0]) / (ends[1] - ends[0]) * (cells - 1))


def _axis(places: list[tuple[int, float]], chosen: float | None, columns: int) -> str:
    """Each value below its point, the chosen one first: of others those that there is room for."""
    line = ["─"] * columns
    for column, value in sorted(places, key=lambda each: each[1] != chosen):
        words = value_words(value)
        start = max(0, min(column - cell_len(words) // 2, columns - len(words)))
        taken = line[max(0, start - 1) : start + len(words) + 1]
        if len(words) <= columns and set(taken) <= {"─"}:
            line[start : start + len(words)] = words
    return "".join(line)
