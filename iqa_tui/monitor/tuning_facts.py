"""What a run's page says of tuning: what a trial tries, what was chosen for a run and by which scores."""

from __future__ import annotations

from collections.abc import Iterator

from iqa_tui.monitor.run_details import RunDetails
from iqa_tui.monitor.run_words import run_name, trial_words
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.tuning import Tried, Tuning, grid_of, grid_words

Told = tuple[str, str, str]
"""A name, what is said of it, and a style."""


def tuning_facts(state: RunState, details: RunDetails) -> Iterator[Told]:
    """Nothing of a run that has to do with no tuning."""
    spec = state.spec
    if spec is None:
        return
    if state.is_trial:
        yield "tries", trial_words(state), "strong"
        yield "for", run_name(state).removesuffix(f" · {trial_words(state)}"), ""
        yield "scored on", "the validation split; the test split is not scored while tuning", ""
    elif details.tuning is not None:
        yield from _chosen(details.tuning)
    elif spec.tune:
        count = len(spec.tune.get("trials") or [])
        yield "grid", grid_words(grid_of(spec.tune)), ""
        yield "chosen", f"not yet: {count} tuning runs come first", ""


def _chosen(tuning: Tuning) -> Iterator[Told]:
    yield "chosen", tuning.words, "strong"
    if tuning.edge_words:
        yield "at the edge", f"{tuning.edge_words}: a value beyond it may be better", "warning"
    yield "by", f"SRCC on the validation split{f', {tuning.how_words}' if tuning.how_words else ''}", ""
    for each in tuning.tried:
        is_chosen = dict(each.values) == dict(tuning.choice)
        yield each.words, f"{_score(each)}{' ← chosen' if is_chosen else ''}", "strong" if is_chosen else ""


def _score(tried: Tried) -> str:
    if tried.srcc is not None:
        several = sum(run.srcc is not None for run in tried.runs) > 1
        seeds = ", ".join(f"{run.srcc:.4f}" for run in tried.runs if run.srcc is not None)
        return f"{tried.srcc:.4f}{f' (seeds: {seeds})' if several else ''}"
    why = "; ".join(dict.fromkeys(run.why for run in tried.runs if run.why))
    return f"no score{f': {why}' if why else ''}"
