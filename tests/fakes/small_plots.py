"""Plots of made curves, drawn as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.widgets.canvas import Line, line_width
from iqa_tui.widgets.plots.series import Along, Plot, PlotLook, Series
from iqa_tui.widgets.plots.small_plot import PlotDrawer

ALL = (0.0, 100.0)


def series(name: str, x: Sequence[float], y: Sequence[float | None], look: int = 0, group: str = "") -> Series:
    return Series(name, name, look, Along(x), y, group, group)


def plot(*curves: Series, **options: object) -> Plot:
    return Plot("loss", "loss", curves, **{"may_be_log": True, **options})


def draw(drawn: Plot, width: int = 48, height: int = 9, look: PlotLook | None = None) -> list[Line]:
    return PlotDrawer().lines(drawn, look or PlotLook(), ALL, width, height)


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def dots_of(style: str, lines: list[Line]) -> dict[tuple[int, int], str]:
    """Row and column to sign, of one curve, without names and title."""
    found = {}
    for row, line in enumerate(lines[1:]):
        column = 0
        for text, own in line:
            if own == style:
                found |= {(row, column + place): sign for place, sign in enumerate(text) if "⠀" < sign <= "⣿"}
            column += line_width([(text, own)])
    return found
