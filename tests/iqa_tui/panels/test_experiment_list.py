"""The experiments of a plan with their ticks."""

from __future__ import annotations

from iqa_tui.panels.experiment_list import COLUMNS, ExperimentList, experiment_row
from iqa_tui.plans.plan import Experiment, load_plan
from iqa_tui.widgets.table_lines import fitting_columns, row_line


def test_a_tick_is_a_sign_not_a_colour() -> None:
    ticked, unticked = (experiment_row(Experiment("F2", "L2"), state, 1).cells["tick"] for state in (True, False))
    assert (ticked[0][0], unticked[0][0]) == ("[x]", "[ ]")


def test_an_experiment_has_the_colour_that_its_runs_have() -> None:
    ((text, style),) = experiment_row(Experiment("F2", "L2"), True, 1).cells["id"]
    assert (text, style) == ("F2", "series-1 strong")


def test_in_a_narrow_place_priority_and_range_are_said_shorter() -> None:
    experiment = Experiment("F2", "L2 (MSE)", {}, (0.93, 0.935), expected_hours=1.7, priority="medium", notes="a note")
    columns = fitting_columns(COLUMNS, 42)
    line = "".join(text for text, _ in row_line(experiment_row(experiment, True, 1), columns, 42))
    assert line == "[x] F2  L2 (MSE)     med   1.7 h .930–.935"


def test_the_title_says_how_many_are_ticked_and_that_the_plan_tunes() -> None:
    panel = ExperimentList()
    panel.show_plan(load_plan("biq2021-tuned"), {"F1", "F3"})
    assert panel._titles[1:] == ("Experiments · 2 of 5 ticked · tunes lr", "2 of 5 ticked · tunes lr")
    assert panel._titles[0].startswith("Experiments · 2 of 5 ticked · tunes lr · Loss functions on BIQ2021")
    panel.show_plan(load_plan("biq2021"), set())
    assert panel._titles[1] == "Experiments · 0 of 5 ticked"
    panel.show_plan(None, set())
    assert str(panel.border_title) == "Experiments"
