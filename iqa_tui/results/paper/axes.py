"""Draws each figure on matplotlib's axes. Knows nothing of files; matplotlib itself is imported by `figures` alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

from iqa_tui.results.paper.looks import LONGEST_NAME, Ground
from iqa_tui.results.paper.shown import Bar, Curve, Panel, Price, Shown, Tried
from iqa_tui.words.values import value_words

MOST_PANELS_IN_A_ROW = 4
LOG_RATIO = 20
"""From this ratio of hours on their axis is logarithmic."""


def height_inches(shown: Shown) -> float:
    """Of the whole figure."""
    if shown.name == "differences":
        return 0.75 + 0.26 * len(shown.parts)
    if shown.name == "predictions":
        columns = _columns(len(shown.parts))
        return (shown.width_inches / columns) * math.ceil(len(shown.parts) / columns) * 0.98
    return 2.1 + 0.17 * math.ceil(len(shown.parts) / 2)


def draw(shown: Shown, figure: Any, ground: Ground, most_points: int) -> None:
    """Draw it on an empty figure.

    Args:
        most_points: more of them than these are drawn as pixels: no viewer opens a PDF of a million points.
    """
    if shown.name == "predictions":
        _draw_panels(shown, figure, ground, most_points)
        return
    ways = {"differences": _draw_bars, "validation": _draw_curves, "cost": _draw_prices, "tuning": _draw_tried}
    ways[shown.name](shown, figure, ground)


def _draw_bars(shown: Shown, figure: Any, ground: Ground) -> None:
    axes = figure.subplots()
    axes.axvline(0, color=ground.faint, linewidth=0.8, zorder=0)
    bars = cast("Sequence[Bar]", shown.parts)
    for place, bar in enumerate(bars):
        colour = ground.colours[bar.look.colour]
        if bar.low is not None and bar.high is not None:
            axes.plot([bar.low, bar.high], [place, place], color=colour, linewidth=1.4, solid_capstyle="butt")
        filling = colour if bar.is_shown else ground.paper
        axes.plot([bar.value], [place], bar.look.marker, color=colour, markerfacecolor=filling, markersize=5)
    axes.set_yticks(range(len(bars)), [bar.look.name for bar in bars])
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.locator_params(axis="x", nbins=5)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"Δ SRCC to {shown.baseline[:LONGEST_NAME]}; filled: shown")
    axes.spines["left"].set_visible(False)


def _draw_curves(shown: Shown, figure: Any, ground: Ground) -> None:
    axes = figure.subplots()
    curves = cast("Sequence[Curve]", shown.parts)
    for curve in curves:
        colour = ground.colours[curve.look.colour]
        if curve.sds is not None:
            edges = list(zip(curve.means, curve.sds, strict=True))
            axes.fill_between(
                curve.epochs,
                [m - s for m, s in edges],
                [m + s for m, s in edges],
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
        axes.plot(
            curve.epochs, curve.means, color=colour, linestyle=curve.look.dash, linewidth=1.2, marker=curve.look.marker,
            markersize=3, markevery=max(1, len(curve.epochs) // 8), label=curve.look.name,
        )  # fmt: skip
    axes.set_xlabel("epoch")
    axes.set_ylabel("validation SRCC")
    _whole_ticks(axes, max(curve.epochs[-1] for curve in curves), min(curve.epochs[0] for curve in curves))
    _legend(figure)


def _whole_ticks(axes: Any, last: int, first: int) -> None:
    step = max(1, math.ceil((last - first) / 6))
    axes.set_xticks(range(first, last + 1, step))


def _draw_panels(shown: Shown, figure: Any, ground: Ground, most_points: int) -> None:
    panels = cast("Sequence[Panel]", shown.parts)
    columns = _columns(len(panels))
    grid = figure.subplots(math.ceil(len(panels) / columns), columns, squeeze=False)
    places = [axes for line in grid for axes in line]
    is_many = sum(len(panel.mos) for panel in panels) > most_points
    for axes, panel in zip(places, panels, strict=False):
        axes.plot(
            panel.predictions, panel.mos, linestyle="", marker=".", markersize=2.5, markeredgewidth=0,
            color=ground.colours[panel.look.colour], alpha=0.5, rasterized=is_many,
        )  # fmt: skip
        for fit in panel.fits:
            axes.plot(*zip(*fit, strict=True), color=ground.ink, linewidth=1.1)
        srcc = "" if panel.srcc is None else f", SRCC {panel.srcc:.4f}"
        axes.set_title(f"{panel.look.name}\n{panel.repetition}{srcc}", fontsize=7)
        axes.locator_params(nbins=4)
        axes.set_xlabel("prediction" if panel.has_scale else "prediction, on a scale of its own")
    for line in range(0, len(places), columns):
        places[line].set_ylabel("opinion (MOS), each set 0 to 1" if any(it.sets for it in panels) else "opinion (MOS)")
    for axes in places[len(panels) :]:
        axes.set_visible(False)


def _columns(panels: int) -> int:
    if panels <= MOST_PANELS_IN_A_ROW:
        return max(1, panels)
    return 3 if panels <= 6 or panels == 9 else MOST_PANELS_IN_A_ROW


def _draw_prices(shown: Shown, figure: Any, ground: Ground) -> None:
    axes = figure.subplots()
    prices = cast("Sequence[Price]", shown.parts)
    unit, factor = ("minutes", 60) if max(price.hours for price in prices) < 1 else ("hours", 1)
    for price in prices:
        place = factor * price.place
        colour = ground.colours[price.look.colour]
        if price.low is not None and price.high is not None:
            axes.plot([place, place], [price.low, price.high], color=colour, linewidth=1, alpha=0.7)
        axes.plot(
            [place], [price.srcc], linestyle="", marker=price.look.marker, color=colour, markersize=5.5,
            markeredgecolor=ground.paper, markeredgewidth=0.5, label=price.look.name,
        )  # fmt: skip
    hours = [price.hours for price in prices if price.hours > 0]
    if len(hours) == len(prices) and max(hours) > LOG_RATIO * min(hours):
        axes.set_xscale("log")
    else:
        axes.margins(x=0.12)
        axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel(f"{unit} a run")
    axes.set_ylabel("test SRCC")
    _legend(figure)


def _draw_tried(shown: Shown, figure: Any, ground: Ground) -> None:
    axes = figure.subplots()
    rows = cast("Sequence[Tried]", shown.parts)
    for row in rows:
        colour = ground.colours[row.look.colour]
        axes.plot(
            row.values, row.srccs, color=colour, linestyle=row.look.dash, linewidth=1.2, marker=row.look.marker,
            markersize=4, markerfacecolor=ground.paper, label=row.look.name,
        )  # fmt: skip
        if row.chosen is not None:
            axes.plot(*([each] for each in row.chosen), color=colour, marker=row.look.marker, markersize=5.5)
    values = sorted({value for row in rows for value in row.values})
    if values[0] > 0 and len(values) > 1:
        axes.set_xscale("log")
    axes.set_xticks(values, [value_words(value) for value in values])
    axes.minorticks_off()
    axes.set_xlabel(shown.flag[:LONGEST_NAME])
    axes.set_ylabel("validation SRCC")
    _legend(figure)


def _legend(figure: Any) -> None:
    figure.legend(loc="outside lower center", ncols=2, frameon=False, handlelength=2.6, columnspacing=1.2)
