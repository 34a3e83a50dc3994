"""The widget that loads numpy in a thread and then shows plots."""

from __future__ import annotations

import time
from dataclasses import replace

from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from iqa_tui.widgets.curve_grid import CurveGrid
from iqa_tui.widgets.plots.series import Along, Plot, PlotLook, Series

CURVE = Series("r", "F2", 0, Along((1, 2, 3)), (0.3, 0.2, 0.1))
PLOT = Plot("loss", "loss", (CURVE,))


class GridApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[object] = []

    def compose(self) -> ComposeResult:
        yield CurveGrid()

    def on_curve_grid_pointed(self, message: CurveGrid.Pointed) -> None:
        self.told.append((round(message.at, 1), message.is_click))

    def on_curve_grid_wheeled(self, message: CurveGrid.Wheeled) -> None:
        self.told.append((round(message.at, 1), message.steps))


def text(grid: CurveGrid) -> str:
    return "\n".join(grid.render_line(y).text for y in range(grid.size.height))


async def shown(pilot: Pilot[None], grid: CurveGrid, words: str) -> None:
    until = time.monotonic() + 20
    while words not in text(grid):
        assert time.monotonic() < until, text(grid)
        await pilot.pause(0.02)


async def test_a_curve_comes_on_screen_once_its_drawing_is_loaded() -> None:
    app = GridApp()
    async with app.run_test(size=(60, 12)) as pilot:
        grid = app.query_one(CurveGrid)
        assert grid._loader is None
        grid.show([PLOT], PlotLook(), words="Curves")
        await shown(pilot, grid, "F2 0.1000")
        assert str(grid.border_title) == "Curves"


async def test_pages_are_counted_in_the_title_and_the_crosshair_in_the_lower_border() -> None:
    app = GridApp()
    async with app.run_test(size=(60, 9)) as pilot:
        grid = app.query_one(CurveGrid)
        plots = [replace(PLOT, key=name, title=name) for name in ("one", "two", "three")]
        grid.show(plots, PlotLook(cross=1.0), page=2, words="Curves")
        await shown(pilot, grid, "three")
        assert "one" not in text(grid)
        assert str(grid.border_title) == "Curves · page 3 of 3"
        assert str(grid.border_subtitle) == "step 3"


async def test_nothing_is_drawn_again_if_nothing_changed() -> None:
    app = GridApp()
    async with app.run_test(size=(60, 9)) as pilot:
        grid = app.query_one(CurveGrid)
        grid.show([PLOT], PlotLook())
        await shown(pilot, grid, "F2 0.1000")
        drawn: list[object] = []
        grid._drawer.lines = lambda *asked: drawn.append(asked) or []
        grid.draw = lambda *size: drawn.append(size) or []
        grid.show([PLOT], PlotLook())
        assert drawn == []
        del grid.draw
        grid.redraw()
        assert drawn == []
        grid.show([replace(PLOT)], PlotLook())
        assert len(drawn) == 1


async def test_the_mouse_points_at_a_place_of_the_axis() -> None:
    app = GridApp()
    async with app.run_test(size=(47, 9)) as pilot:
        grid = app.query_one(CurveGrid)
        grid.show([PLOT], PlotLook())
        await shown(pilot, grid, "F2 0.1000")
        await pilot.hover(CurveGrid, offset=(26, 4))  # the crosshair is off
        await pilot.click(CurveGrid, offset=(26, 4))
        await pilot.click(CurveGrid, offset=(2, 4))  # a label
        assert app.told == [(0.5, True)]


async def test_a_crosshair_follows_the_mouse_and_the_wheel_asks_for_less_or_more() -> None:
    app = GridApp()
    async with app.run_test(size=(47, 9)) as pilot:
        grid = app.query_one(CurveGrid)
        grid.show([PLOT], PlotLook(cross=0.9))
        await shown(pilot, grid, "F2 0.1")
        await pilot.hover(CurveGrid, offset=(26, 4))
        for kind in (events.MouseScrollUp, events.MouseScrollDown):
            app.screen._forward_event(kind(grid, 26, 4, 0, 0, 0, False, False, False, 26, 4))
            await pilot.pause()
        assert app.told == [(0.5, False), (0.5, 1), (0.5, -1)]


async def test_without_a_plot_it_says_why_in_the_middle_and_loads_nothing() -> None:
    app = GridApp()
    async with app.run_test(size=(60, 11)) as pilot:
        grid = app.query_one(CurveGrid)
        grid.show([], PlotLook(), empty="F2: not yet trained a step")
        await pilot.pause()
        lines = text(grid).splitlines()
        assert lines[5].strip() == "F2: not yet trained a step"
        assert lines[5].index("F2") == (60 - len("F2: not yet trained a step")) // 2
        assert grid._loader is None
