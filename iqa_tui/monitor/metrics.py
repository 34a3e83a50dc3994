"""The curves of a run while its events are folded: every number that its steps, epochs and evaluations report.

Names: `loss`, `lr`, … of steps; `epoch/loss`, `epoch/clipped`, … of epochs; `val/srcc`, `test/plcc`, … of evaluations;
`machine/…` for what the machine tells of the run.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from iqa_tui.monitor.curves import NO_CURVE, Curve, Evaluation
from training.runfolder.fields import LARGEST_NUMBER
from training.runfolder.text import plain

if TYPE_CHECKING:
    from iqa_tui.monitor.thinning import Doubles, Points
    from training.runfolder.step_lines import StepLines

LOSS = "loss"
"""The one curve that has a point for every step, whatever the step reports."""
EPOCH, MACHINE = "epoch/", "machine/"
NO_METRICS = ("step", "epoch")
"""Numbers of an event that say where it stands."""
MOST_METRICS = 200
"""Curves of a run; a file with more names is no file of a trainer's."""
LONGEST_NAME = 60


class FoldingMetrics:
    """Collects points, so that a long history is not put into the curves point by point."""

    def __init__(self, curves: Mapping[str, Curve]) -> None:
        self._curves = dict(curves)
        self._new: dict[str, Points] = {}
        self._names = {name for name in curves if _is_of_steps(name) or name.startswith(EPOCH)}

    @property
    def last_step(self) -> int:
        """The last one reported; 0 before it."""
        return int(self._last(0))

    @property
    def last_time(self) -> float:
        """Of the last step; 0 before it."""
        return self._last(1)

    def _last(self, column: int) -> float:
        new = self._new.get(LOSS)
        if new and new[column]:
            return new[column][-1]
        known = self._curves.get(LOSS)
        return float(known.columns[column][-1]) if known else 0.0

    def step(self, step: float, t: float, fields: Mapping[str, Any]) -> None:
        """A step, which follows those before."""
        self._add(LOSS, step, t, number_in(fields.get(LOSS)))
        for name, value in fields.items():
            if name != LOSS and name not in NO_METRICS:
                self._take(_step_name(name), step, t, value)

    def steps(self, lines: StepLines, steps: Doubles, times: Doubles) -> None:
        """Steps that follow those before, each after the other."""
        columns = {name: lines.numbers(name) for name in lines.fields if name not in NO_METRICS}
        columns.setdefault(LOSS, array("d", [math.nan]) * len(steps))
        for name, values in columns.items():
            first = 0
            if name != LOSS and name not in self._names:  # it begins with its first number
                first = next((at for at, value in enumerate(values) if not math.isnan(value)), len(values))
            if first < len(values):
                points = self._points(name)
                for column, new in zip(points, (steps, times, values), strict=True):
                    column.extend(new[first:] if first else new)
                self._thin(name, points)

    def has_room_for(self, lines: StepLines) -> bool:
        return len(self._names) + len(lines.columns) <= MOST_METRICS

    def epoch(self, step: float, t: float, fields: Mapping[str, Any]) -> None:
        """What an epoch gave; the epoch that ended at this step, told again, takes the place of what it told."""
        for name, value in fields.items():
            if name not in NO_METRICS:
                key = EPOCH + plain(name, LONGEST_NAME)
                self._cut(key, step)
                self._take(key, step, t, value)

    def _take(self, name: str, step: float, t: float, value: object) -> None:
        """A metric begins with its first number; what is no number after that is a point that cannot be drawn."""
        number = number_in(value)
        if name in self._names:
            if value is None or type(value) in (int, float):
                self._add(name, step, t, number)
        elif not math.isnan(number) and len(self._names) < MOST_METRICS:
            self._add(name, step, t, number)

    def _add(self, name: str, step: float, t: float, number: float) -> None:
        points = self._points(name)
        for column, value in zip(points, (step, t, number), strict=True):
            column.append(value)
        self._thin(name, points)

    def _thin(self, name: str, points: Points) -> None:
        """Once there are enough: what is thinned at what point may not depend on the pieces that are folded."""
        if len(points[0]) >= self._curves.get(name, NO_CURVE).room:
            self._curves[name] = self._curves.get(name, NO_CURVE).extended(*points)
            del self._new[name]

    def _points(self, name: str) -> Points:
        new = self._new.get(name)
        if new is None:
            new = self._new[name] = (array("d"), array("d"), array("d"))
            self._names.add(name)
        return new

    def forget_from(self, step: float) -> None:
        """Drop what steps and epochs from here on told: they are repeated."""
        for name in self._names:
            self._cut(name, step)

    def _cut(self, name: str, step: float) -> None:
        new = self._new.get(name)
        if new is not None:
            at = bisect_left(new[0], step)
            for column in new:
                del column[at:]
            if at:
                return
        known = self._curves.get(name)
        if known and known.steps[-1] >= step:
            self._curves[name] = known.before(step)

    def curves(self, before: Iterable[Evaluation], now: Iterable[Evaluation] | None) -> dict[str, Curve]:
        """Args:
        before: the evaluations that the curves were made with.
        now: those that there are; None: the same.
        """
        for name, points in self._new.items():
            self._curves[name] = self._curves.get(name, NO_CURVE).extended(*points)
        self._new = {}
        if now is not None:
            for name in _names_of(before):
                self._curves.pop(name, None)
            self._curves |= evaluation_curves(now)
        return self._curves


def evaluation_curves(evaluations: Iterable[Evaluation]) -> dict[str, Curve]:
    """A curve a split and metric that has a number; of steps that fall, the later told stand."""
    evaluations = tuple(evaluations)
    curves = {}
    for name, (split, metric) in _names_of(evaluations).items():
        columns = (array("d"), array("d"), array("d"))
        for evaluation in evaluations:
            if evaluation.split == split and metric in evaluation.metrics:
                while columns[0] and columns[0][-1] > evaluation.step:
                    for column in columns:
                        column.pop()
                for column, value in zip(
                    columns, (evaluation.step, evaluation.t, number_in(evaluation.metrics[metric])), strict=True
                ):
                    column.append(value)
        curves[name] = Curve().extended(*columns)
    return curves


def _names_of(evaluations: Iterable[Evaluation]) -> dict[str, tuple[str, str]]:
    """Name of a curve to its split and metric."""
    names: dict[str, tuple[str, str]] = {}
    for evaluation in evaluations:
        for metric, value in evaluation.metrics.items():
            name = f"{evaluation.split}/{metric}"
            if value is not None and len(names) < MOST_METRICS and not name.startswith((EPOCH, MACHINE)):
                names.setdefault(name, (evaluation.split, metric))
    return names


def _is_of_steps(name: str) -> bool:
    return "/" not in name


def _step_name(name: str) -> str:
    """Without the stroke that parts the names of other curves, so that no two mean the same."""
    return plain(name, LONGEST_NAME).replace("/", ":")


def number_in(value: object) -> float:
    """NaN if it is no number, or none that can be drawn."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return math.nan
    return float(value) if -LARGEST_NUMBER <= value <= LARGEST_NUMBER else math.nan
