"""From runs to the plots of their metrics."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.curve_view import CurveView, XAxis, YScale
from iqa_tui.monitor.curves import Curve
from iqa_tui.monitor.fold import fold
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.curve_plots import CurvePlots, chosen_epoch, curve_names
from iqa_tui.widgets.plots.columns import ColumnStore
from iqa_tui.widgets.plots.series import Plot, Scale
from tests.fakes.run_folders import FakeRun
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Event, Result
from training.runfolder.spec import Spec


def plots_of(*states: RunState, view: CurveView | None = None) -> dict[str, Plot]:
    runs = [(state, number) for number, state in enumerate(states)]
    return {plot.key: plot for plot in CurvePlots().of(runs, view or CurveView())}


def points(plot: Plot, number: int = 0) -> tuple[list[float], list[float]]:
    """x and y of a curve as they are drawn, not smoothed."""
    columns = ColumnStore().of(plot.series[number], 0.0, plot.factor)
    return ([], []) if columns is None else (columns.x.tolist(), columns.raw.tolist())


def state_with(*events: Event, **fields: Any) -> RunState:
    spec = Spec("run", "g", "L2", [], 0.0, experiment="F2", seed=1)
    return fold(RunState(RunFolder(Path("run")), Status(Phase.RUNNING, attempt=1), spec, **fields), events)


def step(number: int, t: float, **fields: Any) -> Event:
    return Event("step", t, 1, {"epoch": 1, "step": number, "loss": 0.5, **fields})


def scored(epoch: int, t: float, srcc: float, split: str = "val") -> Event:
    return Event("evaluated", t, 1, {"epoch": epoch, "split": split, "metrics": {"srcc": srcc}})


def test_the_metrics_of_a_run_become_plots(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start(at=1000.0).train(450).end()
    (state,) = Catalog(tmp_path).refresh()
    plots = plots_of(state)
    assert list(plots) == ["val/srcc", "loss", "lr", "images_per_second"]
    assert points(plots["loss"])[0] == [float(number) for number in range(1, 451)]
    assert points(plots["val/srcc"]) == (
        [200.0, 400.0],
        [evaluation.metrics["srcc"] for evaluation in state.evaluations],
    )
    assert plots["loss"].smoothing == 0.6
    assert plots["val/srcc"].smoothing == 0.0
    assert plots["val/srcc"].has_points


def test_x_is_the_step_the_epoch_the_time_since_the_first_point_or_the_clock() -> None:
    state = state_with(step(1, 5000.0), step(2, 5010.0), scored(1, 5015.0, 0.5), steps_per_epoch=2)
    for x, loss, srcc in (
        (XAxis.STEP, [1.0, 2.0], [2.0]),
        (XAxis.EPOCH, [0.5, 1.0], [1.0]),
        (XAxis.TIME, [0.0, 10.0], [15.0]),
        (XAxis.CLOCK, [5000.0, 5010.0], [5015.0]),
    ):
        plots = plots_of(state, view=CurveView(x=x))
        assert (points(plots["loss"])[0], points(plots["val/srcc"])[0]) == (loss, srcc)


def test_over_time_no_curve_runs_back_if_the_clock_was_set_back() -> None:
    """The clock is set back by an hour after the third step; the evaluation follows 5 s after the last step."""
    times = [5000.0, 5010.0, 5020.0, 1430.0, 1440.0]
    state = state_with(*(step(number, t) for number, t in enumerate(times, 1)), scored(1, 1445.0, 0.5))
    plots = plots_of(state, view=CurveView(x=XAxis.TIME))
    assert points(plots["loss"])[0] == [0.0, 10.0, 20.0, 20.0, 30.0]
    assert points(plots["val/srcc"])[0] == [35.0]


def test_samples_of_the_machine_lie_at_the_steps_of_their_time() -> None:
    state = state_with(step(100, 1000.0), step(200, 1100.0))
    samples = Curve().extended(array("d", [0.0, 0.0]), array("d", [1025.0, 1100.0]), array("d", [2.0**30, 2.0**31]))
    state = replace(state, metrics={**state.metrics, "machine/gpu_memory_bytes": samples})
    plot = plots_of(state)["machine/gpu_memory_bytes"]
    assert points(plot) == ([125.0, 200.0], [1.0, 2.0])
    assert plot.title == "GPU memory, GiB"


def test_a_run_whose_epochs_have_no_known_length_has_no_place_on_an_axis_of_epochs() -> None:
    assert points(plots_of(state_with(step(1, 5.0)), view=CurveView(x=XAxis.EPOCH))["loss"]) == ([], [])


def test_the_star_is_at_the_epoch_whose_weights_the_result_is_of_or_at_the_best_so_far() -> None:
    events = [each for epoch in (1, 2, 3) for each in
              (step(epoch * 10, epoch * 100.0), scored(epoch, epoch * 100.0 + 5, (0.5, 0.9, 0.9)[epoch - 1]))]  # fmt: skip
    state = state_with(*events)
    assert chosen_epoch(state) == 2
    assert plots_of(state)["val/srcc"].series[0].star == 20.0
    assert plots_of(state, view=CurveView(x=XAxis.CLOCK))["val/srcc"].series[0].star == 205.0
    assert plots_of(state)["loss"].series[0].star is None
    values = {"protocol": "clean", "dataset": "koniq-10k", "loss_type": "l2", "seed": 1, "network": "swin-base"}
    result = Result(run_id="run", metrics={}, finished=0.0, elapsed_seconds=1.0, images={}, best_epoch=3, **values)
    assert chosen_epoch(replace(state, result=result)) == 3
    assert chosen_epoch(state_with(step(1, 5.0))) is None
    assert chosen_epoch(state_with(scored(1, 5.0, 0.5, "test"))) == 1


def other(experiment: str, seed: int, loss_type: str = "l2") -> RunState:
    name = f"{experiment}-{seed}"
    spec = Spec(name, "g", "L2", [], 0.0, experiment=experiment, seed=seed, loss_type=loss_type)
    return fold(RunState(RunFolder(Path(name)), Status(Phase.RUNNING, attempt=1), spec), [step(1, 5.0), step(2, 6.0)])


def test_runs_of_one_experiment_are_told_apart_at_their_curves_and_have_one_group() -> None:
    states = [other("F2", 1), other("F2", 42), other("F3", 1)]
    assert curve_names(states) == {"F2-1": "F2·s1", "F2-42": "F2·s42", "F3-1": "F3"}
    split = replace(states[0], spec=replace(states[0].spec, argv=["--split_seed", "3"]))
    assert curve_names([states[1], split]) == {"F2-42": "F2·s42", "F2-1": "F2·s1 split 3"}
    plot = CurvePlots().of([(states[0], 1), (states[1], 8), (states[2], 2)], CurveView())[0]
    assert [series.look for series in plot.series] == [1, 8, 2]
    assert [series.group_name for series in plot.series] == ["F2", "F2", "F3"]
    assert plot.series[0].group == plot.series[1].group != plot.series[2].group


def test_experiments_of_one_name_in_two_groups_are_told_apart_by_name_and_dash() -> None:
    one = other("F2", 1)
    assert one.spec is not None
    again = replace(other("F2", 7), spec=replace(one.spec, run_id="F2-7", group="later"))
    plot = CurvePlots().of([(one, 1), (again, 1)], CurveView())[0]
    assert [series.name for series in plot.series] == ["F2 g", "F2 later"]
    assert [series.look for series in plot.series] == [1, 8]


def test_runs_of_no_experiment_are_never_averaged() -> None:
    by_hand = [replace(other("F2", seed), spec=Spec(f"F2-{seed}", "g", "by hand", [], 0.0)) for seed in (1, 2)]
    plot = CurvePlots().of([(state, 0) for state in by_hand], CurveView())[0]
    assert [series.group for series in plot.series] == ["", ""]


@pytest.mark.parametrize(("loss_type", "is_warned"), [("l2", False), ("srcc", True)])
def test_different_losses_on_one_axis_compare_nothing(loss_type: str, is_warned: bool) -> None:
    plots = plots_of(other("F2", 1), other("F3", 1, loss_type))
    assert bool(plots["loss"].notes) is is_warned


def test_only_what_may_spread_over_powers_of_ten_is_logarithmic_by_itself() -> None:
    state = state_with(step(1, 5.0, lr=1e-5))
    assert {key: plot.scale for key, plot in plots_of(state).items()} == {"loss": Scale.AUTO, "lr": Scale.LINEAR}
    asked = plots_of(state, view=CurveView(y=YScale.ROBUST))
    assert {plot.scale for plot in asked.values()} == {Scale.ROBUST}


def test_a_plot_is_made_anew_only_if_something_of_it_changed() -> None:
    maker, one, two = CurvePlots(), other("F2", 1), other("F3", 1)
    before = maker.of([(one, 0), (two, 1)], CurveView())
    again = maker.of([(replace(one, warnings=("hot",)), 0), (two, 1)], CurveView(cross=0.5).zoomed(1))
    assert [id(plot) for plot in again] == [id(plot) for plot in before]
    longer = fold(two, [step(3, 7.0)])
    assert maker.of([(one, 0), (longer, 1)], CurveView())[0] is not before[0]
    assert maker.of([(one, 2), (longer, 1)], CurveView())[0].series[0].look == 2
