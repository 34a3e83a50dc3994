"""The colour of a run: the same in its row, its curve, on its GPU, in its log's title, for as long as it exists."""

from __future__ import annotations

from collections.abc import Iterable

from iqa_tui.monitor.group import by_group
from iqa_tui.monitor.run_words import in_plan_order
from iqa_tui.monitor.scores import by_experiment
from iqa_tui.monitor.state import RunState

COLOURS = 7
"""Curves that can be told apart: as many as the widgets' palette has colours for."""


def colours_of(runs: Iterable[RunState]) -> dict[str, int]:
    """Run id to the number of its colour: the place of its experiment in its group, so its seeds have one colour.

    Args:
        runs: all of them, not only those that are shown: a filter changes no colour.
    """
    return {
        state.run_id: place % COLOURS
        for members in by_group(in_plan_order(runs)).values()
        for place, experiment in enumerate(by_experiment(members))
        for state in experiment
    }
