"""Folding the events of a run into its state.

Folding them in any pieces, in order, gives the same state.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from operator import le, lt
from typing import Any

from iqa_tui.monitor.curves import Clock, Evaluation, Progress
from iqa_tui.monitor.metrics import FoldingMetrics, number_in
from iqa_tui.monitor.state import RunState
from training.runfolder.schema import Event
from training.runfolder.step_lines import StepLines, number_of
from training.runfolder.text import plain

LARGEST_COUNT = 2**53
"""Of steps, epochs or images: a float still tells each from the next."""


LONGEST_TEXT = 4000
"""Characters kept of what an event says in words."""


MOST_TEXTS = 100
"""Warnings kept, the newest, and trainer codes."""


def fold(state: RunState, events: Iterable[Event | StepLines]) -> RunState:
    """The state after these events, which follow those folded before.

    A resumed run repeats steps: the values of the repetition stand, and what lay after them is dropped. Unknown
    kinds and unknown fields are passed over; a field that is missing, of another type or too large to count with leaves
    the value as it was.
    """
    folding = _Folding(state)
    for event in events:
        if isinstance(event, Event):
            folding.take(event)
        else:
            folding.take_steps(event)
    return folding.state()


class _Folding:
    """What changes while events are taken in, so that a long history is not copied for each of them."""

    def __init__(self, state: RunState) -> None:
        self._before = state
        self._metrics = FoldingMetrics(state.metrics)
        self._evaluations = {(known.epoch, known.split): known for known in state.evaluations}
        """Oldest first."""
        self._evaluated_epochs = sorted(self._evaluations)
        """Their keys by epoch, so that a file of nothing but repetitions takes no minutes."""
        self._has_evaluated = False
        self._warnings = list(state.warnings)
        self._clock = state.clock
        self._values: dict[str, Any] = {}

    def take(self, event: Event) -> None:
        self._clock = _told_by(event, self._clock, self._value("updated"))
        handler = {
            "resumed": self._resumed,
            "started": self._started,
            "progress": self._progress,
            "step": self._step,
            "epoch": self._epoch,
            "evaluated": self._evaluated,
            "warning": self._warning,
            "finished": self._finished,
        }.get(event.kind)
        if handler is not None:
            handler(event)
        self._values["updated"] = event.t

    def take_steps(self, lines: StepLines) -> None:
        """All at once if each follows the one before, as in nearly every file; else one by one."""
        clock, t, steps = self._clock, lines.numbers("t"), lines.numbers("step")
        times = array("d", [each + clock.set_back for each in t]) if clock.set_back else t
        attempts = set(lines.columns["attempt"])
        goes_on = (
            len(attempts) == 1
            and int(next(iter(attempts))) == clock.attempt
            and self._value("updated") <= t[0]
            and self._latest_moment() <= times[0]
            and self._metrics.last_step < steps[0]
            and all(map(le, t, islice(t, 1, None)))
            and all(map(lt, steps, islice(steps, 1, None)))
            and self._metrics.has_room_for(lines)
        )
        if not goes_on:
            for event in lines.events():
                self.take(event)
            return
        if not clock.first_step:
            self._clock = replace(clock, first_step=int(steps[0]))
        self._metrics.steps(lines, steps, times)
        last = {name: number_of(words[-1]) for name, words in lines.columns.items()}
        self._values |= {"step": last["step"], "epoch": last["epoch"], "progress": None, "updated": t[-1]}
        self._values |= {name: _number(last.get(name)) for name in ("loss", "images_per_second")}

    def state(self) -> RunState:
        if not self._values:
            return self._before
        evaluations = tuple(self._evaluations.values()) if self._has_evaluated else self._before.evaluations
        return replace(
            self._before,
            metrics=self._metrics.curves(self._before.evaluations, evaluations if self._has_evaluated else None),
            evaluations=evaluations,
            warnings=tuple(self._warnings),
            clock=self._clock,
            **self._values,
        )

    def _value(self, name: str) -> Any:
        return self._values.get(name, getattr(self._before, name))

    def _resumed(self, event: Event) -> None:
        self._values["resumed_attempt"] = event.attempt

    def _started(self, event: Event) -> None:
        begins_anew = event.attempt > max(self._value("begun_attempt"), self._value("resumed_attempt"))
        if begins_anew:  # what earlier attempts made is not part of it
            self._values["begun_digests"] = ()
        self._values["begun_attempt"] = event.attempt
        digest, known = _text(event.fields.get("source_digest")), self._value("begun_digests")
        if digest and digest not in known and len(known) < MOST_TEXTS:
            self._values["begun_digests"] = (*known, digest)
        self._values["progress"] = None
        for name in ("epochs", "steps_per_epoch"):
            self._values[name] = _whole(event.fields.get(name), self._value(name))

    def _progress(self, event: Event) -> None:
        fields = event.fields
        self._values["progress"] = Progress(
            _text(fields.get("what")), _whole(fields.get("done"), 0), _whole(fields.get("total"), 0)
        )

    def _step(self, event: Event) -> None:
        step = _whole(event.fields.get("step"), 0)
        if step < 1:
            return
        epoch = _whole(event.fields.get("epoch"), self._value("epoch"))
        if step <= self._metrics.last_step:
            self._forget_from(step, epoch)
        loss = _number(event.fields.get("loss"))
        if not self._clock.first_step and event.attempt == self._clock.attempt:
            self._clock = replace(self._clock, first_step=step)
        self._metrics.step(step, self._moment(event), event.fields)
        self._values.update(step=step, epoch=epoch, loss=loss, progress=None)
        self._values["images_per_second"] = _number(event.fields.get("images_per_second"))

    def _moment(self, event: Event) -> float:
        """When it was, as if the clock had never been set back; the sum's rounding does not put it before another."""
        return max(event.t + self._clock.set_back, self._latest_moment())

    def _latest_moment(self) -> float:
        last = next(reversed(self._evaluations.values()), None)
        return max(self._metrics.last_time, last.t if last else 0.0)

    def _forget_from(self, step: int, epoch: int) -> None:
        self._metrics.forget_from(step)
        cut = bisect_left(self._evaluated_epochs, (epoch, ""))
        for key in self._evaluated_epochs[cut:]:
            del self._evaluations[key]
        self._has_evaluated = self._has_evaluated or cut < len(self._evaluated_epochs)
        del self._evaluated_epochs[cut:]

    def _epoch(self, event: Event) -> None:
        """It ended at its last step, if that is known, whether or not this step was reported."""
        epoch, length = _whole(event.fields.get("epoch"), self._value("epoch")), self._value("steps_per_epoch")
        step, end = self._metrics.last_step, epoch * length
        self._metrics.epoch(end if step <= end < step + length else step, self._moment(event), event.fields)

    def _evaluated(self, event: Event) -> None:
        metrics = event.fields.get("metrics")
        if not isinstance(metrics, dict):
            return
        epoch = _whole(event.fields.get("epoch"), self._value("epoch"))
        split = _text(event.fields.get("split"))
        if self._evaluations.pop((epoch, split), None) is None:
            insort(self._evaluated_epochs, (epoch, split))
        last_step = self._metrics.last_step
        self._has_evaluated = True
        numbers = {plain(name): _number(value) for name, value in metrics.items()}
        self._evaluations[epoch, split] = Evaluation(epoch, last_step, self._moment(event), split, numbers)
        self._values["progress"] = None

    def _warning(self, event: Event) -> None:
        text = _text(event.fields.get("text"))
        if text and text not in self._warnings:
            self._warnings = [*self._warnings, text][-MOST_TEXTS:]

    def _finished(self, event: Event) -> None:  # noqa: ARG002  one signature for every kind
        self._values["progress"] = None


def _told_by(event: Event, clock: Clock, latest: float) -> Clock:
    """The clock at an event, which follows one of `latest` Unix seconds."""
    if event.t < latest:
        clock = replace(clock, set_back=clock.set_back + latest - event.t)
    if event.attempt > clock.attempt:
        clock = Clock(clock.set_back, event.attempt, 0, clock.set_back)
    return clock


def _number(value: object) -> float | None:
    """None if it is none, or cannot be drawn."""
    number = number_in(value)
    return None if math.isnan(number) else number


def _whole(value: object, otherwise: int) -> int:
    """What counts something: steps, epochs, images."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return otherwise
    return int(value) if 0 <= value <= LARGEST_COUNT else otherwise


def _text(value: object) -> str:
    return plain(value, LONGEST_TEXT) if isinstance(value, str) else ""
