"""The experiments of a plan with their ticks."""

from __future__ import annotations

from iqa_tui.panels.experiment_list import experiment_row
from iqa_tui.plans.plan import Experiment


def test_a_tick_is_a_sign_not_a_colour() -> None:
    ticked, unticked = (experiment_row(Experiment("F2", "L2"), state).cells["tick"] for state in (True, False))
    assert (ticked[0][0], unticked[0][0]) == ("[x]", "[ ]")
