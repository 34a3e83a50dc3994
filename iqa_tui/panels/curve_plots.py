"""From runs to the plots of their metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iqa_tui.monitor.colours import COLOURS
from iqa_tui.monitor.curve_view import CurveView, XAxis, YScale
from iqa_tui.monitor.curves import NO_CURVE, Curve
from iqa_tui.monitor.metric_kinds import compares, metric_kind, shown_metrics
from iqa_tui.monitor.metrics import LOSS, MACHINE
from iqa_tui.monitor.run_words import trial_words
from iqa_tui.widgets.plots.series import Along, Plot, Scale, Series
from iqa_tui.words.repetitions import short_repetition

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState

NOT_COMPARABLE = ("different losses, not comparable", "not comparable")
JUDGED_ON = ("val", "test")
"""The split that chooses the epoch: the first that has scores."""
LONGEST_NAME = 10


@dataclass(frozen=True, slots=True)
class _Made:
    """A plot, and what it was made of."""

    curves: tuple[Curve, ...]
    rest: tuple[object, ...]
    plot: Plot


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A run whose curves are drawn."""

    state: RunState
    name: str
    experiment: str
    """What the mean of its seeds and splits is called."""
    look: int
    begun: float
    """Unix seconds that are 0 on the axis of time."""

    @property
    def details(self) -> tuple[object, ...]:
        """All but its curves that its series are made of."""
        return (self.state.run_id, self.name, self.experiment, self.look, self.begun, self.state.steps_per_epoch)


class CurvePlots:
    """Makes plots; the same one again if nothing of it changed, so that what was drawn of it still holds."""

    def __init__(self) -> None:
        self._made: dict[str, _Made] = {}
        self._asked: tuple[object, ...] = ()
        self._runs: tuple[tuple[RunState, int], ...] = ()
        self._plots: list[Plot] = []

    def of(self, runs: Sequence[tuple[RunState, int]], view: CurveView) -> list[Plot]:
        """A plot for each metric that is shown and that some of the runs has.

        Args:
            runs: each with the number of its look.
        """
        asked = (view.metrics, view.x, view.y, view.smoothing)
        if asked == self._asked and _are_one_run_by_run(runs, self._runs):
            return self._plots
        self._asked, self._runs, self._plots = asked, tuple(runs), self._made_of(runs, view)
        return self._plots

    def _made_of(self, runs: Sequence[tuple[RunState, int]], view: CurveView) -> list[Plot]:
        drawn = _drawn(runs, view)
        states = [each.state for each in drawn]
        losses = {state.spec.loss_type for state in states if state.spec and state.spec.loss_type}
        made: dict[str, _Made] = {}
        shown = shown_metrics(view.metrics, states)
        for name in shown:
            having = [each for each in drawn if compares(each.state, name)]
            curves = tuple(curve for each in having for curve in (each.state.metrics[name], _loss_of(each.state, name)))
            details = [(each.details, _star(each.state, name, view)) for each in having]
            rest = (view.x, view.y, view.smoothing, len(losses) > 1, details)
            before = self._made.get(name)
            if before is not None and before.rest == rest and _are_one(before.curves, curves):
                made[name] = before
                continue
            series = tuple(_series(each, name, view) for each in having)
            made[name] = _Made(curves, rest, _plot(name, series, view, has_several_losses=len(losses) > 1))
        self._made = made
        return [made[name].plot for name in shown]


def _drawn(runs: Sequence[tuple[RunState, int]], view: CurveView) -> list[_Drawn]:
    """Experiments of one name in several groups have one colour: those of a later group get another dash."""
    states = [state for state, _ in runs]
    names, experiments = curve_names(states), experiment_names(states)
    groups = list(dict.fromkeys(state.group for state in states))
    return [
        _Drawn(
            state,
            names[state.run_id],
            experiments[state.run_id],
            look + COLOURS * groups.index(state.group),
            beginning(state) if view.x is XAxis.TIME else 0.0,
        )
        for state, look in runs
    ]


def _are_one_run_by_run(some: Sequence[tuple[RunState, int]], others: Sequence[tuple[RunState, int]]) -> bool:
    return len(some) == len(others) and all(
        one is other and look == its for (one, look), (other, its) in zip(some, others, strict=True)
    )


def _are_one(some: Sequence[Curve], others: Sequence[Curve]) -> bool:
    """By identity: to compare points would cost as much as to draw them."""
    return len(some) == len(others) and all(one is other for one, other in zip(some, others, strict=True))


def _plot(name: str, series: tuple[Series, ...], view: CurveView, *, has_several_losses: bool) -> Plot:
    kind = metric_kind(name)
    scale = Scale(view.y.value)
    if view.y is YScale.AUTO and not kind.may_be_log:
        scale = Scale.LINEAR
    return Plot(
        name,
        kind.title,
        series,
        smoothing=view.weight if kind.is_smoothed else 0.0,
        scale=scale,
        may_be_log=kind.may_be_log,
        factor=kind.factor,
        has_points=kind.has_points,
        value_words=kind.words,
        notes=NOT_COMPARABLE if kind.is_loss and has_several_losses else (),
    )


def _series(drawn: _Drawn, metric: str, view: CurveView) -> Series:
    state = drawn.state
    curve = state.metrics[metric]
    group = f"{state.group}\n{state.experiment}\n{state.label}\n{trial_words(state)}" if state.experiment else ""
    series = Series(state.run_id, drawn.name, drawn.look, Along(curve.steps), curve.values, group, drawn.experiment)
    if view.x is XAxis.TIME:
        x = Along(curve.times, shift=drawn.begun)
    elif view.x is XAxis.CLOCK:
        x = Along(curve.times)
    else:
        per_step = 1.0
        if view.x is XAxis.EPOCH:
            per_step = 1.0 / state.steps_per_epoch if state.steps_per_epoch else float("nan")
        x = Along(curve.steps, factor=per_step)
        if metric.startswith(MACHINE):  # samples know the time alone
            loss = state.curve
            x = Along(curve.times, factor=per_step, knots=(loss.times, loss.steps))
    return replace(series, x=x, star=_star(state, metric, view))


def _loss_of(state: RunState, metric: str) -> Curve:
    """The curve that tells the step of a sample."""
    return state.metrics.get(LOSS, NO_CURVE) if metric.startswith(MACHINE) else NO_CURVE


def _star(state: RunState, metric: str, view: CurveView) -> float | None:
    """Where the chosen epoch was evaluated; None for a metric of other splits, and before the first score."""
    if metric.partition("/")[0] not in JUDGED_ON:
        return None
    epoch = chosen_epoch(state)
    split = metric.partition("/")[0]
    found = next((each for each in state.evaluations if (each.epoch, each.split) == (epoch, split)), None)
    if found is None:
        return None
    return found.t if view.x in (XAxis.TIME, XAxis.CLOCK) else float(found.step)


def chosen_epoch(state: RunState) -> int | None:
    """The epoch whose weights the result is of; of a run without a result the best so far."""
    if state.result is not None and state.result.best_epoch is not None:
        return state.result.best_epoch
    for split in JUDGED_ON:
        scores = [(srcc, -each.epoch) for each in state.evaluations
                  if each.split == split and (srcc := each.metrics.get("srcc")) is not None]  # fmt: skip
        if scores:
            return -max(scores)[1]
    return None


def curve_names(states: Sequence[RunState]) -> dict[str, str]:
    """Run id to what stands at its curve: `F2`, or `F2·s1`, `F2·s1 split 3`, if another of these runs is of the same
    experiment.
    """
    short = experiment_names(states)
    counts = Counter(short.values())
    own = {state.run_id: short_repetition(state.spec.seed, state.spec.split) for state in states if state.spec}
    return {
        run_id: f"{name}·{own[run_id]}" if counts[name] > 1 and run_id in own else name
        for run_id, name in short.items()
    }


def experiment_names(states: Sequence[RunState]) -> dict[str, str]:
    """Run id to the name of its experiment, with its group if another group has one of that name."""
    short = {
        state.run_id: f"{state.experiment or state.label[:LONGEST_NAME]} {trial_words(state)}".strip()
        for state in states
    }
    groups: dict[str, set[str]] = {}
    for state in states:
        groups.setdefault(short[state.run_id], set()).add(state.group)
    return {
        state.run_id: f"{name} {state.group}" if len(groups[name := short[state.run_id]]) > 1 else name
        for state in states
    }


def beginning(state: RunState) -> float:
    """Unix seconds of the first point that it has; 0 without one."""
    return min((curve.times[0] for curve in state.metrics.values() if len(curve)), default=0.0)
