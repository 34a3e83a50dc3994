"""The panel of curves: what it is called, and what it says without a curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from iqa_tui.monitor.curve_view import CurveView, Signs, XAxis
from iqa_tui.monitor.fold import fold
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.curves import Curves, empty_words, repeated_words
from iqa_tui.widgets.plots.series import Dots, XKind
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Event
from training.runfolder.spec import Spec


def state_of(experiment: str, phase: Phase, trainer: str = "training", **fields: Any) -> RunState:
    spec = Spec(experiment, "g", experiment, [], 0.0, experiment=experiment, trainer=trainer)
    return RunState(RunFolder(Path(experiment)), Status(phase), spec, **fields)


def told(*phases_and_trainers: RunState) -> str:
    return empty_words(phases_and_trainers)


def test_it_says_why_there_is_no_curve_and_promises_nothing_of_a_trainer_that_has_not_run() -> None:
    assert told() == "no run is chosen"
    assert told(state_of("F1", Phase.QUEUED, "command")) == "F1: not started yet"
    external = "its own trainer has written no events; what it prints is in the log"
    assert told(state_of("F1", Phase.RUNNING, "command")) == f"F1: {external}"
    assert told(state_of("F1", Phase.FINISHED, "command")) == f"F1: {external}"
    assert told(state_of("F1", Phase.RUNNING, "command", updated=5.0)) == "F1: not yet trained a step"
    assert told(state_of("F1", Phase.RUNNING), state_of("F2", Phase.RUNNING)) == "F1, F2: not yet trained a step"
    assert told(state_of("F1", Phase.FAILED)) == "F1: ended before it trained a step"
    both = told(state_of("F1", Phase.QUEUED), state_of("F2", Phase.STARTING))
    assert both == "F1: not started yet; F2: not yet trained a step"


def test_what_is_not_read_yet_is_not_said_to_be_missing() -> None:
    assert told(state_of("F1", Phase.FINISHED, is_whole=False)) == "F1: its curves are being read"
    panel = Curves(ascii_mode=False)
    panel.show_runs([(trained(1), 0), (state_of("F3", Phase.RUNNING, is_whole=False), 2)], CurveView())
    assert panel._words == "Curves · smoothed 0.6 · over steps · reading 1 of 2"


def test_without_colours_curves_have_signs() -> None:
    for ascii_mode, has_signs, expected in ((False, False, False), (True, False, True), (False, True, True)):
        panel = Curves(ascii_mode=ascii_mode, has_signs=has_signs)
        panel.show_runs([(trained(1), 0)], CurveView())
        assert panel.look.has_signs is expected


def trained(seed: int) -> RunState:
    spec = Spec(f"run{seed}", "g", "L2", [], 0.0, experiment="F2", seed=seed)
    state = RunState(RunFolder(Path(f"run{seed}")), Status(Phase.RUNNING, attempt=1), spec)
    return fold(state, [Event("step", 5.0, 1, {"epoch": 1, "step": 1, "loss": 0.5})])


def test_the_title_says_how_curves_are_drawn_and_of_a_band_only_if_there_is_one() -> None:
    panel = Curves(ascii_mode=False)
    panel.show_runs([(trained(1), 0)], CurveView())
    assert panel._words == "Curves · smoothed 0.6 · over steps"
    panel.show_runs([(trained(1), 0), (trained(2), 0)], CurveView(x=XAxis.CLOCK))
    assert panel._words == "Curves · smoothed 0.6 · over the clock · seeds as mean ± SD"
    panel.show_runs([(trained(1), 0), (trained(2), 0)], CurveView(is_banded=False))
    assert panel._words == "Curves · smoothed 0.6 · over steps"


def test_the_look_follows_the_view_and_ascii_mode_wins() -> None:
    view = CurveView(x=XAxis.TIME, cross=0.5, signs=Signs.HALF_BLOCKS)
    for ascii_mode, dots in ((False, Dots.HALF), (True, Dots.ASCII)):
        panel = Curves(ascii_mode=ascii_mode)
        panel.show_runs([(trained(1), 0)], view, front="run1")
        assert (panel.look.dots, panel.look.x_kind, panel.look.cross) == (dots, XKind.TIME, 0.5)
        assert panel.look.front == "run1"


def test_a_mean_is_named_after_what_its_runs_differ_in() -> None:
    def state(seed: int, split: int) -> RunState:
        spec = Spec(f"{seed} {split}", "g", "L2", ["--split_seed", str(split)], 0.0, experiment="F2", seed=seed)
        return RunState(RunFolder(Path(spec.run_id)), Status(Phase.FINISHED), spec)

    assert repeated_words([state(1, 0), state(2, 0)]) == "seeds"
    assert repeated_words([state(1, 0), state(1, 3)]) == "splits"
    assert repeated_words([state(1, 0), state(1, 3), state(2, 0)]) == "splits and seeds"
