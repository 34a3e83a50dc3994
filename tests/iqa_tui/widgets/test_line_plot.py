"""The widget that loads numpy in a thread and then shows curves."""

from __future__ import annotations

import time

from textual.app import App, ComposeResult

from iqa_tui.widgets.line_plot import LinePlot
from iqa_tui.widgets.series import PlotOptions, Series

CURVE = Series("F2", "L2 (MSE)", 0, (1, 2, 3), (0.3, 0.2, 0.1))


class PlotApp(App[None]):
    def compose(self) -> ComposeResult:
        yield LinePlot()


def text(plot: LinePlot) -> str:
    return "\n".join(plot.render_line(y).text for y in range(plot.size.height))


async def test_a_curve_comes_on_screen_once_its_drawing_is_loaded() -> None:
    app = PlotApp()
    async with app.run_test(size=(60, 12)) as pilot:
        plot = app.query_one(LinePlot)
        assert plot._loader is None
        plot.show([CURVE], PlotOptions())
        until = time.monotonic() + 20
        while "F2 L2 (MSE)" not in text(plot):
            assert time.monotonic() < until, text(plot)
            await pilot.pause(0.02)
        assert "0.1000" in text(plot)


async def test_without_a_point_it_says_why_in_the_middle_and_loads_nothing() -> None:
    app = PlotApp()
    async with app.run_test(size=(60, 11)) as pilot:
        plot = app.query_one(LinePlot)
        plot.show([Series("F2", "L2", 0, (), ())], PlotOptions(), empty="F2: not yet trained a step")
        await pilot.pause()
        shown = text(plot).splitlines()
        assert shown[5].strip() == "F2: not yet trained a step"
        assert shown[5].index("F2") == (60 - len("F2: not yet trained a step")) // 2
        assert plot._loader is None
