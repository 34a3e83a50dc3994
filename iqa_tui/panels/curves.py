"""The curves of the chosen runs: training loss or validation SRCC, over steps or time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from iqa_tui.monitor.state import RunState
from iqa_tui.widgets.line_plot import LinePlot, PlotOptions, Series

SMOOTHINGS = (0.0, 0.6, 0.9, 0.97, 0.99)


class Shown(StrEnum):
    """Which curve."""

    LOSS = "training loss"
    SRCC = "validation SRCC"


@dataclass(frozen=True, slots=True)
class View:
    """How one looks at the curves."""

    shown: Shown = Shown.LOSS
    over_time: bool = False
    log_loss: bool = False
    """Losses of different kinds differ by powers of ten; correlations do not."""
    smoothing: int = 1
    """Place in SMOOTHINGS."""

    @property
    def weight(self) -> float:
        """Few points, as of an evaluation an epoch, are never smoothed."""
        return SMOOTHINGS[self.smoothing] if self.shown is Shown.LOSS else 0.0

    def smoother(self, steps: int) -> View:
        return replace(self, smoothing=max(0, min(len(SMOOTHINGS) - 1, self.smoothing + steps)))

    def other_curve(self) -> View:
        return replace(self, shown=Shown.SRCC if self.shown is Shown.LOSS else Shown.LOSS)

    def other_axis(self) -> View:
        return replace(self, over_time=not self.over_time)

    def other_scale(self) -> View:
        return replace(self, log_loss=not self.log_loss)

    @property
    def log_y(self) -> bool:
        return self.log_loss and self.shown is Shown.LOSS

    @property
    def title(self) -> str:
        smoothed = f" · smoothed {self.weight:g}" if self.weight else ""
        scale = " · log" if self.log_y else ""
        return f"Curves · {self.shown.value}{scale}{smoothed} · over {'time' if self.over_time else 'steps'}"


class Curves(LinePlot):
    """Draws what `show_runs` was given last."""

    def __init__(self, *, ascii_mode: bool) -> None:
        super().__init__(id="curves", classes="panel")
        self._ascii_mode = ascii_mode

    def show_runs(self, runs: Sequence[tuple[RunState, int]], view: View) -> None:
        """Args:
        runs: each with the number of its colour; the last is drawn on top.
        """
        self.set_title(view.title)
        series = [series_of(state, colour, view) for state, colour in runs]
        options = PlotOptions(
            smoothing=view.weight, x_is_time=view.over_time, log_y=view.log_y, ascii_only=self._ascii_mode
        )
        self.show(series, options, empty=_empty_words(runs, view))


def series_of(state: RunState, colour: int, view: View) -> Series:
    label = state.label
    if view.shown is Shown.LOSS:
        steps, times, values = state.curve.steps, state.curve.times, state.curve.losses
    else:
        known = [evaluation for evaluation in state.evaluations if evaluation.split == "val"]
        if not known and state.evaluations:  # the published protocol knows no validation split
            known, label = (
                [evaluation for evaluation in state.evaluations if evaluation.split == "test"],
                f"{label} (test)",
            )
        steps = tuple(evaluation.step for evaluation in known)
        times = tuple(evaluation.t for evaluation in known)
        values = tuple(evaluation.metrics.get("srcc") for evaluation in known)
    x = tuple(t - _beginning(state) for t in times) if view.over_time else steps
    return Series(state.experiment or state.label[:4], label, colour, x, values)


def _beginning(state: RunState) -> float:
    """Time is counted from the first step."""
    return state.curve.times[0] if state.curve.times else 0.0


def _empty_words(runs: Sequence[tuple[RunState, int]], view: View) -> str:
    if not runs:
        return "no run is chosen"
    names = ", ".join(state.experiment or state.label for state, _ in runs)
    if all(state.spec is not None and state.spec.trainer != "training" for state, _ in runs):
        return f"{names}: another's trainer writes no events; what it prints is in the log"
    what = "evaluated" if view.shown is Shown.SRCC else "trained a step"
    return f"{names}: not yet {what}"
