"""Plots beside and below each other."""

from __future__ import annotations

import math
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.widgets.canvas import Line, line_width
from iqa_tui.widgets.plots.grid import GridDrawer
from iqa_tui.widgets.plots.layout import plot_layout
from iqa_tui.widgets.plots.series import Along, Dots, Plot, PlotLook, Scale, Series, XKind

LOSSES, SEEDS = 5, 3


def lifelike(points: int, scale: Scale = Scale.AUTO) -> list[Plot]:
    """Five losses by three seeds: scores with points and stars, noisy losses, a metric of few runs."""
    noise = random.Random(points)
    steps, epochs = tuple(range(1, points + 1)), tuple(range(points // 5, points + 1, max(1, points // 5)))

    def series(number: int, x: tuple[int, ...], y: list[float | None], star: float | None = None) -> Series:
        loss, seed = divmod(number, SEEDS)
        name = f"F{loss + 1}"
        return Series(f"{name}-{seed}", f"{name}·s{seed}", loss + 7 * seed, Along(x), y, name, name, star)

    runs = range(LOSSES * SEEDS)
    losses = [[10.0**-run * (math.exp(-9 * step / points) + noise.random()) for step in steps] for run in runs]
    scores = [[0.9 - math.exp(-epoch) + noise.random() / 50 for epoch in range(len(epochs))] for run in runs]
    return [
        Plot("val/srcc", "validation SRCC", tuple(series(run, epochs, scores[run], epochs[-1]) for run in runs),
             has_points=True),
        Plot("loss", "loss", tuple(series(run, steps, losses[run]) for run in runs), 0.9, scale, may_be_log=True,
             notes=("different losses, not comparable", "not comparable")),
        Plot("lr", "learning rate", (series(4, steps, [5e-6] * points),), scale=scale),
        Plot("nothing", "nothing", (series(4, steps, [None] * points),)),
    ]  # fmt: skip


PLOTS = lifelike(200)


def texts(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


LOOKS = st.builds(
    PlotLook,
    dots=st.sampled_from(Dots),
    x_kind=st.sampled_from(XKind),
    window=st.sampled_from([(0.0, 1.0), (0.5, 0.501), (0.9, 1.0)]),
    cross=st.sampled_from([None, 0.0, 0.4, 1.0]),
    is_banded=st.booleans(),
    front=st.sampled_from(["", "F2-1"]),
)


@given(st.integers(20, 300), st.integers(5, 80), LOOKS)
def test_at_every_size_every_line_is_exactly_as_wide_as_asked(width: int, height: int, look: PlotLook) -> None:
    layout = plot_layout(width, height, len(PLOTS))
    for page in range(layout.pages):
        lines = GridDrawer().lines(PLOTS[layout.page(page)], look, layout, (width, height))
        assert len(lines) == height
        assert {line_width(line) for line in lines} == {width}


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2, 9), (9, 2), (20, 5), (33, 3), (300, 80)])
def test_the_smallest_and_the_largest_places_are_filled(width: int, height: int) -> None:
    layout = plot_layout(width, height, len(PLOTS))
    lines = GridDrawer().lines(PLOTS[layout.page(0)], PlotLook(), layout, (width, height))
    assert [line_width(line) for line in lines] == [width] * height


@given(st.integers(20, 300), st.integers(5, 80), st.sampled_from(XKind), st.floats(1e-3, 1e9))
def test_labels_never_touch_and_differ(width: int, height: int, x_kind: XKind, last: float) -> None:
    plots = [Plot("a", "a", (Series("r", "r", 0, Along((0.0, last)), (0.0, 1.0)),))]
    layout = plot_layout(width, height, 1)
    lines = texts(GridDrawer().lines(plots, PlotLook(x_kind=x_kind), layout, (width, height)))
    axis = lines[-1].partition("└")[2]
    labels = [label for label in axis.split("─") if label.strip()]
    assert len(labels) == len(set(labels))
    assert all(
        re.fullmatch(r"[0-9.]+(e[+-]\d+)?[kM]?( (s|min|h|d))?|\d\d:\d\d(:\d\d)?|\d\d \w\w\w", each) for each in labels
    )


def test_all_plots_have_one_axis_x_and_one_crosshair() -> None:
    short = Plot("short", "short", (Series("r", "r", 0, Along((0, 50)), (0.0, 1.0)),))
    long = Plot("long", "long", (Series("r", "r", 0, Along((0, 100)), (0.0, 1.0)),))
    drawer, layout = GridDrawer(), plot_layout(90, 6, 2)
    lines = texts(drawer.lines([short, long], PlotLook(cross=0.25), layout, (90, 6)))
    assert drawer.cross_words == "step 25"
    assert lines[0].split() == ["short", "r", "0.5000", "long", "r", "0.2500"]
    first, second = drawer.fields
    assert first.width == second.width
    assert lines[-1].count("100") == 2


def test_a_page_has_what_has_room_and_pages_go_round() -> None:
    sizes = {(136, 14): (3, 2), (76, 12): (2, 2), (136, 6): (3, 1), (60, 9): (1, 1), (20, 5): (1, 1), (300, 80): (3, 2)}
    for (width, height), (columns, rows) in sizes.items():
        layout = plot_layout(width, height, 6)
        assert (layout.columns, layout.rows) == (columns, rows)
        shown = [number for page in range(layout.pages) for number in range(6)[layout.page(page)]]
        assert shown == list(range(6))
        assert layout.page(layout.pages) == layout.page(0)
        assert layout.page(-1) == layout.page(layout.pages - 1)


@given(st.integers(1, 300), st.integers(1, 80), st.integers(1, 30))
def test_no_page_has_more_cells_than_it_needs(width: int, height: int, plots: int) -> None:
    layout = plot_layout(width, height, plots)
    assert layout.pages * layout.on_a_page >= plots
    assert layout.pages == 1 or (layout.pages - 1) * layout.on_a_page < plots
    assert (layout.rows - 1) * layout.columns < plots
