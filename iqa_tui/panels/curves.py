"""The curves of the chosen runs: training loss or validation SRCC, over steps or time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from iqa_tui.monitor.curve_view import CurveKind, CurveView
from iqa_tui.monitor.run_words import loss_words, srcc_words
from iqa_tui.monitor.state import NO_CURVE, RunState
from iqa_tui.widgets.line_plot import LinePlot
from iqa_tui.widgets.series import PlotOptions, Series
from training.runfolder.phase import Phase


class Curves(LinePlot):
    """Draws what `show_runs` was given last."""

    def __init__(self, *, ascii_mode: bool) -> None:
        super().__init__(id="curves", classes="panel")
        self._ascii_mode = ascii_mode

    def show_runs(self, runs: Sequence[tuple[RunState, int]], view: CurveView, front: str | None = None) -> None:
        """Args:
        runs: each with the number of its colour.
        front: id of the run whose curve is drawn over the others.
        """
        self.set_title(view.title)
        names = curve_names([state for state, _ in runs])
        series = [
            replace(series_of(state, colour, view), name=names[state.run_id], front=state.run_id == front)
            for state, colour in runs
        ]
        options = PlotOptions(
            smoothing=view.weight,
            x_is_time=view.over_time,
            log_y=view.log_y,
            value_words=loss_words if view.kind is CurveKind.LOSS else srcc_words,
            ascii_only=self._ascii_mode,
        )
        self.show(series, options, empty=_empty_words(runs, view))


def series_of(state: RunState, colour: int, view: CurveView) -> Series:
    label = state.label
    if view.kind is CurveKind.LOSS:
        steps, times, values = state.curve.columns
    else:
        known = [evaluation for evaluation in state.evaluations if evaluation.split == "val"]
        if not known and state.evaluations:  # the published protocol has no validation split
            known, label = (
                [evaluation for evaluation in state.evaluations if evaluation.split == "test"],
                f"{label} (test)",
            )
        split = known[0].split if known else ""
        steps, times, values = state.metrics.get(f"{split}/srcc", NO_CURVE).columns
    x = tuple(t - _beginning(state) for t in times) if view.over_time else steps
    return Series(state.experiment or state.label[:4], label, colour, x, values)


def curve_names(states: Sequence[RunState]) -> dict[str, str]:
    """Run id to what stands at its curve: `F2`, or `F2·s1` if another of these runs is of the same experiment."""
    short = {state.run_id: state.experiment or state.label[:4] for state in states}
    counts = Counter(short.values())
    seeds = {state.run_id: state.spec.seed for state in states if state.spec}
    return {
        run_id: f"{name}·s{seeds[run_id]}" if counts[name] > 1 and run_id in seeds else name
        for run_id, name in short.items()
    }


def _beginning(state: RunState) -> float:
    """Time is counted from the first step, or from the first score of a run that trains none."""
    return min((*state.curve.times[:1], *(evaluation.t for evaluation in state.evaluations[:1])), default=0.0)


def _empty_words(runs: Sequence[tuple[RunState, int]], view: CurveView) -> str:
    if not runs:
        return "no run is chosen"
    names: dict[str, list[str]] = {}
    for state, _ in runs:
        names.setdefault(_missing_words(state, view), []).append(state.experiment or state.label)
    return "; ".join(f"{', '.join(dict.fromkeys(of))}: {words}" for words, of in names.items())


def _missing_words(state: RunState, view: CurveView) -> str:
    """Why a run has no curve. An external trainer may write events: whether it does shows when it runs."""
    if state.phase is Phase.QUEUED:
        return "not started yet"
    if state.spec is not None and state.spec.trainer != "training" and not state.updated:
        return "its own trainer has written no events; what it prints is in the log"
    if not state.is_whole:
        return "its events are being read"
    over, alive = (
        ("ended before it was evaluated", "not yet evaluated")
        if view.kind is CurveKind.SRCC
        else ("ended before it trained a step", "not yet trained a step")
    )
    return over if state.phase.is_over else alive
