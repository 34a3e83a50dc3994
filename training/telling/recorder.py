"""The trainer's numbers, reported twice: as events for programs and as lines (or a progress bar) for people."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tqdm import tqdm

from training.errors import TrainingError
from training.runfolder.descriptors import shown_path
from training.runfolder.exits import ExitKind
from training.runfolder.write import EventWriter

STEP_EVENTS_PER_SECOND = 4.0
LINE_SECONDS = 5.0
PROGRESS_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Step:
    """One step of training, reported."""

    epoch: int
    epochs: int
    step: int
    """Counted over all epochs."""
    done: int
    """Steps of this epoch that are done."""
    steps: int
    """Of an epoch."""
    loss: float
    lr: float
    images_per_second: float
    grad_norm: float | None = None
    """Of the whole gradient before it was clipped."""
    parts: dict[str, float] = field(default_factory=dict)
    """Of a loss with several parts: name to value without its weight. The event has them as `loss_l1`, `loss_srcc`."""


class Recorder:
    """Writes events for programs, and prints what people want to see.

    On a terminal a progress bar shows the steps; in a log a line every five seconds does.
    """

    def __init__(self, events: EventWriter, *, show_bar: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self._events = events
        self._clock = clock
        self._show_bar = show_bar
        self._bar: Any = None
        self._next_event = 0.0
        self._next_line = 0.0
        self._next_progress = 0.0
        self._doing = ""
        self._reported_trouble = False

    def say(self, line: str) -> None:
        """Print a line, above the progress bar if there is one. A log that cannot be written does not end the run."""
        if self._bar is not None:
            self._bar.clear()
        with contextlib.suppress(OSError):
            print(shown_path(line), flush=True)
        if self._bar is not None:
            self._bar.refresh()

    def _event(self, kind: str, **fields: Any) -> None:
        self._events.write(kind, **fields)
        if bool(self._events.trouble) is self._reported_trouble:
            return
        self._reported_trouble = not self._reported_trouble
        trouble = self._events.trouble
        self.say(
            f"warning: events cannot be written ({trouble}); they wait in memory and training goes on"
            if trouble
            else "events are written again, none is missing"
        )

    def started(self, **fields: Any) -> None:
        self._event("started", **fields)

    def resumed(self, *, name: str, epoch: int, step: int) -> None:
        self._event("resumed", name=name, epoch=epoch, step=step)

    def warning(self, text: str) -> None:
        self._event("warning", text=shown_path(text))
        self.say(f"warning: {text}")

    def progress(self, what: str, done: int, total: int) -> None:
        """Report a long task beside training: an event twice a second and at the end; a line only if it takes long."""
        now = self._clock()
        if what != self._doing:
            self._doing, self._next_progress, self._next_line = what, now, now + LINE_SECONDS
        if done < total and now < self._next_progress:
            return
        self._next_progress = now + PROGRESS_SECONDS
        self._event("progress", what=what, done=done, total=total)
        if now >= self._next_line:
            self._next_line = now + LINE_SECONDS
            self.say(f"{what}: {done:,}/{total:,}")
        if done == total:
            self._doing = ""

    def step_is_due(self) -> bool:
        """Whether it is time for a step event: reading the loss waits for the device, so it is not read each step."""
        return self._clock() >= self._next_event

    def step(self, step: Step) -> None:
        """A step event, and a line or a bar for people."""
        self._event(
            "step",
            epoch=step.epoch,
            step=step.step,
            loss=step.loss,
            **_fields_of(step.parts),
            lr=step.lr,
            images_per_second=step.images_per_second,
            grad_norm=step.grad_norm,
        )
        now = self._clock()
        self._next_event = now + 1 / STEP_EVENTS_PER_SECOND
        if self._show_bar:
            self._draw_bar(step)
        elif now >= self._next_line or step.done == step.steps:
            self._next_line = now + LINE_SECONDS
            self.say(
                f"epoch {step.epoch}/{step.epochs}  step {step.done}/{step.steps}  loss {shown_loss(step.loss)}  "
                f"lr {step.lr:.2e}  {step.images_per_second:.0f} images/s"
            )

    def _draw_bar(self, step: Step) -> None:
        if self._bar is None:
            # The terminal itself, not the copy in the log: frames of a bar are no lines.
            self._bar = tqdm(total=step.steps, file=sys.__stderr__, unit="step", leave=False, dynamic_ncols=True)
        self._bar.set_description(f"epoch {step.epoch}/{step.epochs}", refresh=False)
        self._bar.set_postfix_str(f"loss {shown_loss(step.loss)}, {step.images_per_second:.0f} images/s", refresh=False)
        self._bar.update(step.done - self._bar.n)
        if step.done == step.steps:
            self.close_bar()

    def close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def epoch(
        self, *, epoch: int, loss: float, parts: dict[str, float], elapsed_seconds: float, clipped: float | None
    ) -> None:
        self._event(
            "epoch", epoch=epoch, loss=loss, **_fields_of(parts), elapsed_seconds=elapsed_seconds, clipped=clipped
        )

    def evaluated(self, *, epoch: int, split: str, metrics: dict[str, float | None]) -> None:
        self._event("evaluated", epoch=epoch, split=split, metrics=metrics)
        shown = "  ".join(f"{name.upper()} {shown_metric(metrics[name])}" for name in ("srcc", "plcc", "rmse"))
        self.say(f"epoch {epoch}  {split}  {shown}")

    def checkpoint(self, *, epoch: int, step: int, name: str) -> None:
        self._event("checkpoint", epoch=epoch, step=step, name=name)

    def finished(self, *, srcc: float | None, plcc: float | None) -> None:
        self._event("finished", srcc=srcc, plcc=plcc)

    def ended(self, *, how: ExitKind, epoch: int | None, step: int | None, checkpoint: str | None, saved: bool) -> None:
        """The last event of an attempt without a result.

        An event that the disk refuses is dropped, and so is one of an attempt that lost its run: neither may change how
        the attempt ends.
        """
        with contextlib.suppress(OSError, TrainingError):
            self._event("ended", how=how.value, epoch=epoch, step=step, checkpoint=checkpoint, saved=saved)


def _fields_of(parts: dict[str, float]) -> dict[str, float]:
    return {f"loss_{name}": value for name, value in parts.items()}


def shown_metric(value: float | None) -> str:
    """Four decimals, the field's habit; a dash if undefined."""
    return "–" if value is None else f"{value:.4f}"


def shown_loss(loss: float) -> str:
    """Four significant digits: a ranking loss is far below 0.0001 at the end."""
    return f"{loss:#.4g}".rstrip(".")
