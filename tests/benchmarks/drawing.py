"""Curves: one of a million points, and a cursor that moves while 200 runs are selected; processor time."""

from __future__ import annotations

import statistics
import time
from array import array
from collections.abc import Callable
from pathlib import Path

import numpy as np

from iqa_tui.monitor.curve_view import CurveView
from iqa_tui.monitor.curves import Curve
from iqa_tui.monitor.metric_kinds import DEFAULT
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.curve_plots import CurvePlots
from iqa_tui.widgets.plots.grid import GridDrawer
from iqa_tui.widgets.plots.layout import plot_layout
from iqa_tui.widgets.plots.series import Along, Plot, PlotLook, Series
from tests.benchmarks.figure import median_seconds_in_turns, report
from tests.benchmarks.plain_plot import plain_lines
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.spec import Spec

MILLION = 1_000_000
RUNS, POINTS = 200, 10_000
SIZE = (136, 14)
"""Cells of the panel in a terminal of 140×40."""
ROUNDS = 9
WEIGHT = 0.9


class Panel:
    """What the panel of curves does, without a screen."""

    def __init__(self, size: tuple[int, int] = SIZE) -> None:
        self._plots = CurvePlots()
        self._drawer = GridDrawer()
        self._size = size

    def show(self, runs: list[tuple[RunState, int]], view: CurveView, front: str = "") -> None:
        plots = self._plots.of(runs, view)
        layout = plot_layout(*self._size, len(plots))
        look = PlotLook(window=view.window, is_banded=view.is_banded, front=front)
        self._drawer.lines(plots[layout.page(0)], look, layout, self._size)


def curve_of(points: int, seed: int) -> Curve:
    values = np.random.default_rng(seed).random(points) + np.exp(-np.arange(points) / points * 9)
    steps = np.arange(1.0, points + 1)
    return Curve().extended(*(array("d", column.tobytes()) for column in (steps, steps + 1.8e9, values)))


def run_with(number: int, metrics: dict[str, Curve]) -> RunState:
    spec = Spec(f"run{number}", "g", "L2", [], 0.0, experiment=f"F{number // 3}", seed=number % 3)
    return RunState(RunFolder(Path(f"run{number}")), Status(Phase.RUNNING), spec, metrics=metrics)


def one_long_curve() -> None:
    """Another part of it, as data and smoothing stay; then one point more, as of a living run."""
    steps = array("d", np.arange(1.0, 2 * MILLION + 1).tobytes())
    values = array("d", np.random.default_rng(1).random(2 * MILLION).tobytes())
    drawer, layout = GridDrawer(), plot_layout(*SIZE, 1)

    def draw(points: int, look: PlotLook) -> None:
        curve = Series("run", "F2", 0, Along(memoryview(steps)[:points]), memoryview(values)[:points])
        drawer.lines([Plot("loss", "loss", (curve,), smoothing=WEIGHT)], look, layout, SIZE)

    draw(MILLION, PlotLook())
    windows = iter([(number / 100, 0.5 + number / 100) for number in range(ROUNDS + 1)])
    x, y = memoryview(steps)[:MILLION], memoryview(values)[:MILLION]
    ours, plainly = median_seconds_in_turns(
        lambda: draw(MILLION, PlotLook(window=next(windows))),
        lambda: plain_lines(x, y, WEIGHT, SIZE),
        ROUNDS,
        time.process_time,
    )
    report("curve_of_a_million_redrawn", 1000 * ours, "ms", "nothing", at_most=8.0)
    against = f"drawn plainly, {1000 * plainly:.0f} ms"
    report("curve_of_a_million_redrawn_ratio", ours / plainly, "×", against, at_most=0.08)
    draw(MILLION + 1, PlotLook())  # room for more is made
    lengths = iter(range(MILLION + 2, MILLION + 2 + ROUNDS))
    ours = _median(lambda: draw(next(lengths), PlotLook()))
    report("curve_of_a_million_and_one_point_more", 1000 * ours, "ms", "nothing", at_most=8.0)
    report("curve_of_a_million_and_one_point_more_ratio", ours / plainly, "×", against, at_most=0.08)


def many_runs() -> None:
    """Six metrics of 200 runs, each run drawn alone, and the cursor moves from run to run."""
    states = []
    for number in range(RUNS):
        curve = curve_of(POINTS, number)
        states.append(run_with(number, dict.fromkeys(DEFAULT, curve)))
    runs = [(state, number % 7) for number, state in enumerate(states)]
    for name, view in (("alone", CurveView(is_banded=False)), ("as_means", CurveView())):
        panel = Panel()
        panel.show(runs, view)
        fronts = iter([state.run_id for state in states] * 9)
        moved, anew = median_seconds_in_turns(
            lambda panel=panel, view=view, fronts=fronts: panel.show(runs, view, next(fronts)),
            lambda view=view: Panel().show(runs, view),
            3,
            time.process_time,
        )
        report(f"cursor_over_200_selected_runs_{name}", 1000 * moved, "ms", "nothing")
        report(
            f"cursor_over_200_selected_runs_{name}_ratio", moved / anew, "×", f"drawn anew, {anew:.2f} s", at_most=0.05
        )


def first_look() -> None:
    """The selected one of 200 runs, six metrics of 10,000 points, drawn for the first time."""
    state = run_with(0, {name: curve_of(POINTS, number) for number, name in enumerate(DEFAULT)})
    report("selected_run_drawn", 1000 * _median(lambda: Panel().show([(state, 0)], CurveView())), "ms", "nothing")


def _median(action: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        action()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def main() -> None:
    one_long_curve()
    many_runs()
    first_look()
