"""What is known of one run: its records, and its events folded into the last values and the curves.

Immutable: a state may be handed between threads and kept. Folding the events of a run in any pieces, in order,
gives the same state.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from iqa_tui.monitor.trainer_code import made_by
from training.runfolder.fields import LARGEST_NUMBER
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.schema import Event, ExitRecord, Place, ProcessRecord, Result, Spec
from training.runfolder.text import plain

LARGEST_COUNT = 2**53
"""Of steps, epochs or images: a float still tells each from the next."""
LONGEST_TEXT = 4000
"""Characters kept of what an event says in words."""
MOST_TEXTS = 100
"""Warnings kept, the newest, and trainer codes."""


@dataclass(frozen=True, slots=True)
class LossCurve:
    """Training loss of every step that was reported; the three tuples have one length."""

    steps: tuple[int, ...] = ()
    """Counted from 1 over all epochs, strictly growing."""
    times: tuple[float, ...] = ()
    """Unix seconds."""
    losses: tuple[float | None, ...] = ()
    """None where the loss was not finite."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The metrics of one split after one epoch."""

    epoch: int
    step: int
    """The last step before it."""
    t: float
    """Unix seconds."""
    split: str
    metrics: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Progress:
    """Something long before or beside training: a data cache, loading weights, evaluation."""

    what: str
    done: int
    total: int
    """0 where it is not known."""


@dataclass(frozen=True, slots=True)
class RunState:
    """One run at one moment."""

    run: RunFolder
    status: Status
    spec: Spec | None = None
    """None where it cannot be read; the status says why."""
    process: ProcessRecord | None = None
    """Of the newest attempt; None before it started."""
    exit: ExitRecord | None = None
    """Of the newest attempt; None until it ended."""
    result: Result | None = None
    place: Place | None = None
    """Where somebody changed its place in the queue."""
    begun_attempt: int = 0
    """The newest attempt whose trainer said `started`."""
    epoch: int = 0
    """The current one; 0 before the first step."""
    epochs: int = 0
    """As asked; 0 where it is not known."""
    step: int = 0
    """The last one reported, counted over all epochs."""
    steps_per_epoch: int = 0
    """0 where it is not known."""
    loss: float | None = None
    """Of the last reported step; None before it, and where it was not finite."""
    images_per_second: float | None = None
    progress: Progress | None = None
    """What it is busy with while no step comes; None while it steps."""
    warnings: tuple[str, ...] = ()
    note: str = ""
    """What its supervisor says of it while it is alive; empty if all is as it should be."""
    resumed_attempt: int = 0
    """The newest attempt that went on from a checkpoint."""
    begun_digests: tuple[str, ...] = ()
    """Of the trainer's source, as each attempt said that it ran, since the last that began anew; each once."""
    curve: LossCurve = field(default_factory=LossCurve)
    evaluations: tuple[Evaluation, ...] = ()
    """Oldest first."""
    updated: float = 0.0
    """Unix seconds of the last event; 0 before it."""

    @property
    def run_id(self) -> str:
        return self.run.run_id

    @property
    def phase(self) -> Phase:
        return self.status.phase

    @property
    def label(self) -> str:
        """The row's name for people."""
        return self.spec.label if self.spec else self.run_id

    @property
    def experiment(self) -> str:
        """`F2`; empty for a run started by hand."""
        return self.spec.experiment if self.spec else ""

    @property
    def priority(self) -> str:
        """As it was launched, or as somebody changed it since."""
        return self.place.priority if self.place and self.place.priority else self.spec.priority if self.spec else ""

    @property
    def group(self) -> str:
        return self.spec.group if self.spec else ""

    @property
    def device_label(self) -> str:
        """`GPU 0`, `CPU 1`, `GPU 0, GPU 1`, `nodeb GPU 0` on another host; empty before it has any."""
        devices = self.process.devices if self.process else []
        labels = ", ".join(_device_label(device) for device in devices)
        return f"{self.status.host} {labels}".strip()

    @property
    def device_keys(self) -> tuple[str, ...]:
        """Lease names of its devices."""
        return tuple(str(device.get("key", "")) for device in (self.process.devices if self.process else []))

    @property
    def trainer_digests(self) -> tuple[str, ...]:
        """See `made_by`."""
        return made_by(self.begun_digests, self.result, self.spec)

    @property
    def step_in_epoch(self) -> int:
        """1 to `steps_per_epoch`; 0 before the first step or where an epoch's length is not known."""
        if not self.step or not self.steps_per_epoch:
            return 0
        return (self.step - 1) % self.steps_per_epoch + 1

    @property
    def val_srcc(self) -> float | None:
        """The latest on the validation split; None before the first."""
        return self.latest_srcc("val")

    def latest_srcc(self, split: str) -> float | None:
        for evaluation in reversed(self.evaluations):
            if evaluation.split == split:
                return evaluation.metrics.get("srcc")
        return None

    @property
    def test_srcc(self) -> float | None:
        """The result's headline; None before it finished."""
        return self.result.metrics.get("test", {}).get("srcc") if self.result else None

    def elapsed_seconds(self, now: float) -> float | None:
        """How long it took, or has taken so far; None before it started."""
        if self.result:
            return self.result.elapsed_seconds
        if self.exit:
            return self.exit.elapsed_seconds
        return max(0.0, now - self.process.started) if self.process and self.phase.is_alive else None


def _device_label(device: dict[str, Any]) -> str:
    kind, index = str(device.get("kind", "")).upper(), device.get("index")
    instance = "" if device.get("instance") is None else f":{device['instance']}"
    return f"{kind} {index}{instance}" if index is not None else kind


def fold(state: RunState, events: Iterable[Event]) -> RunState:
    """The state after these events, which follow those folded before.

    A resumed run repeats steps: the values of the repetition stand, and what lay after them is dropped. Unknown
    kinds and unknown fields are passed over; a field that is missing, of another type or a number that nobody can count
    with leaves the value as it was.
    """
    folding = _Folding(state)
    for event in events:
        folding.take(event)
    return folding.state()


class _Folding:
    """The curves as lists while events are taken in, so that a long history is not copied for each of them."""

    def __init__(self, state: RunState) -> None:
        self._before = state
        self._steps = list(state.curve.steps)
        self._times = list(state.curve.times)
        self._losses = list(state.curve.losses)
        self._evaluations = {(known.epoch, known.split): known for known in state.evaluations}
        """Oldest first."""
        self._evaluated_epochs = sorted(self._evaluations)
        """Their keys by epoch, so that a file of nothing but repetitions takes no minutes."""
        self._warnings = list(state.warnings)
        self._values: dict[str, Any] = {}

    def take(self, event: Event) -> None:
        handler = {
            "resumed": self._resumed,
            "started": self._started,
            "progress": self._progress,
            "step": self._step,
            "evaluated": self._evaluated,
            "warning": self._warning,
            "finished": self._finished,
        }.get(event.kind)
        if handler is not None:
            handler(event)
        self._values["updated"] = event.t

    def state(self) -> RunState:
        if not self._values:
            return self._before
        return replace(
            self._before,
            curve=LossCurve(tuple(self._steps), tuple(self._times), tuple(self._losses)),
            evaluations=tuple(self._evaluations.values()),
            warnings=tuple(self._warnings),
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
        if self._steps and step <= self._steps[-1]:
            self._forget_from(step, epoch)
        loss = _number(event.fields.get("loss"))
        self._steps.append(step)
        self._times.append(event.t)
        self._losses.append(loss)
        self._values.update(step=step, epoch=epoch, loss=loss, progress=None)
        self._values["images_per_second"] = _number(event.fields.get("images_per_second"))

    def _forget_from(self, step: int, epoch: int) -> None:
        cut = bisect_left(self._steps, step)
        del self._steps[cut:], self._times[cut:], self._losses[cut:]
        cut = bisect_left(self._evaluated_epochs, (epoch, ""))
        for key in self._evaluated_epochs[cut:]:
            del self._evaluations[key]
        del self._evaluated_epochs[cut:]

    def _evaluated(self, event: Event) -> None:
        metrics = event.fields.get("metrics")
        if not isinstance(metrics, dict):
            return
        epoch = _whole(event.fields.get("epoch"), self._value("epoch"))
        split = _text(event.fields.get("split"))
        if self._evaluations.pop((epoch, split), None) is None:
            insort(self._evaluated_epochs, (epoch, split))
        last_step = self._steps[-1] if self._steps else 0
        numbers = {plain(name): _number(value) for name, value in metrics.items()}
        self._evaluations[epoch, split] = Evaluation(epoch, last_step, event.t, split, numbers)
        self._values["progress"] = None

    def _warning(self, event: Event) -> None:
        text = _text(event.fields.get("text"))
        if text and text not in self._warnings:
            self._warnings = [*self._warnings, text][-MOST_TEXTS:]

    def _finished(self, event: Event) -> None:  # noqa: ARG002  one signature for every kind
        self._values["progress"] = None


def _number(value: object) -> float | None:
    """None if it is none, or cannot be drawn."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if -LARGEST_NUMBER <= value <= LARGEST_NUMBER else None


def _whole(value: object, otherwise: int) -> int:
    """What counts something: steps, epochs, images."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return otherwise
    return int(value) if 0 <= value <= LARGEST_COUNT else otherwise


def _text(value: object) -> str:
    return plain(value, LONGEST_TEXT) if isinstance(value, str) else ""
