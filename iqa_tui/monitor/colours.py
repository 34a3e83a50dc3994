"""The look of a run: its colour in its row, at its curve, on its GPU, in its log's title, for as long as it exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from iqa_tui.monitor.group import by_group
from iqa_tui.monitor.run_words import in_plan_order
from iqa_tui.monitor.scores import by_experiment

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState

COLOURS = 7
"""Curves that can be told apart by colour: as many as the widgets' palette has."""


def colours_of(runs: Iterable[RunState]) -> dict[str, int]:
    """Run id to the number of its look: the looks of one colour are COLOURS apart, and differ in the curve's dash.

    The place of an experiment in its plan gives the colour, so a run that is launched later changes no other run's.
    The seeds of an experiment have one colour, and each its own dash.

    Args:
        runs: all of them, not only those that are shown: a filter changes no look.
    """
    looks: dict[str, int] = {}
    for members in by_group(in_plan_order(runs)).values():
        seeds: Counter[int] = Counter()
        own = by_experiment(sorted(members, key=_is_trial))  # so that tuning changes no dash of another run
        for place, experiment in _placed(own):
            for state in sorted(experiment, key=_age):
                looks[state.run_id] = place + COLOURS * seeds[place]
                seeds[place] += 1
    return looks


def _is_trial(state: RunState) -> bool:
    return state.is_trial


def _placed(experiments: Sequence[Sequence[RunState]]) -> list[tuple[int, Sequence[RunState]]]:
    """Each with its place: that in its plan, or one behind the plan's, the oldest first."""
    placed, others = [], []
    last = -1
    for experiment in experiments:
        planned = _plan_ids(experiment[0])
        last = max(last, len(planned) - 1)
        if experiment[0].experiment in planned:
            placed.append((planned.index(experiment[0].experiment), experiment))
        else:
            others.append(experiment)
    others.sort(key=lambda experiment: min(map(_age, experiment)))
    return placed + [(last + 1 + number, experiment) for number, experiment in enumerate(others)]


def _plan_ids(state: RunState) -> list[str]:
    rows = state.spec.plan.get("experiment", []) if state.spec else []
    return [str(row.get("id", "")) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _age(state: RunState) -> tuple[float, int, str]:
    return (state.spec.created, state.spec.seed, state.run_id) if state.spec else (0.0, 0, state.run_id)
