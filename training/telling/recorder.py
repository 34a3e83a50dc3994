"""The trainer's numbers, told twice: as events for programs and as lines (or a progress bar) for people."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from typing import Any

from tqdm import tqdm

from training.errors import TrainingError
from training.runfolder.descriptors import shown_path
from training.runfolder.exits import ExitKind
from training.runfolder.write import EventWriter

STEP_EVENTS_PER_SECOND = 4.0
LINE_SECONDS = 5.0
PROGRESS_SECONDS = 0.5


class Recorder:
    """Writes events, and says what people want to see.

    On a terminal a progress bar shows the steps; elsewhere, where output is a log, a line every five seconds.
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
        self._told_trouble = False

    def say(self, line: str) -> None:
        """Print a line, above the progress bar where there is one. A log that cannot be written ends nothing."""
        if self._bar is not None:
            self._bar.clear()
        with contextlib.suppress(OSError):
            print(shown_path(line), flush=True)
        if self._bar is not None:
            self._bar.refresh()

    def _event(self, kind: str, **fields: Any) -> None:
        self._events.write(kind, **fields)
        if bool(self._events.trouble) is self._told_trouble:
            return
        self._told_trouble = not self._told_trouble
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
        """Something long beside training: an event twice a second and at the end; a line only where it takes long."""
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

    def step(
        self,
        *,
        epoch: int,
        epochs: int,
        step: int,
        done: int,
        steps: int,
        loss: float,
        lr: float,
        images_per_second: float,
        grad_norm: float | None = None,
    ) -> None:
        """A step event; `done` of `steps` of the epoch are done, `step` counts over all epochs.

        `grad_norm` is that of the whole gradient before it was clipped.
        """
        self._event(
            "step", epoch=epoch, step=step, loss=loss, lr=lr, images_per_second=images_per_second, grad_norm=grad_norm
        )
        now = self._clock()
        self._next_event = now + 1 / STEP_EVENTS_PER_SECOND
        if self._show_bar:
            self._draw_bar(epoch, epochs, done, steps, loss, images_per_second)
        elif now >= self._next_line or done == steps:
            self._next_line = now + LINE_SECONDS
            self.say(
                f"epoch {epoch}/{epochs}  step {done}/{steps}  loss {loss:.4f}  lr {lr:.2e}  "
                f"{images_per_second:.0f} images/s"
            )

    def _draw_bar(self, epoch: int, epochs: int, done: int, steps: int, loss: float, images_per_second: float) -> None:
        if self._bar is None:
            # The terminal itself, not the copy in the log: frames of a bar are no lines.
            self._bar = tqdm(total=steps, file=sys.__stderr__, unit="step", leave=False, dynamic_ncols=True)
        self._bar.set_description(f"epoch {epoch}/{epochs}", refresh=False)
        self._bar.set_postfix_str(f"loss {loss:.4f}, {images_per_second:.0f} images/s", refresh=False)
        self._bar.update(done - self._bar.n)
        if done == steps:
            self.close_bar()

    def close_bar(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def epoch(self, *, epoch: int, loss: float, elapsed_seconds: float) -> None:
        self._event("epoch", epoch=epoch, loss=loss, elapsed_seconds=elapsed_seconds)

    def evaluated(self, *, epoch: int, split: str, metrics: dict[str, float | None]) -> None:
        self._event("evaluated", epoch=epoch, split=split, metrics=metrics)
        shown = "  ".join(f"{name.upper()} {shown_metric(metrics[name])}" for name in ("srcc", "plcc", "rmse"))
        self.say(f"epoch {epoch}  {split}  {shown}")

    def checkpoint(self, *, epoch: int, step: int, name: str) -> None:
        self._event("checkpoint", epoch=epoch, step=step, name=name)

    def finished(self, *, srcc: float | None, plcc: float | None) -> None:
        self._event("finished", srcc=srcc, plcc=plcc)

    def ended(self, *, how: ExitKind, epoch: int | None, step: int | None, checkpoint: str | None) -> None:
        """The last event of an attempt without a result.

        It is never what ends the run: an event that the disk refuses is dropped, and so is one that another attempt's
        ownership of the run forbids.
        """
        with contextlib.suppress(OSError, TrainingError):
            self._event("ended", how=how.value, epoch=epoch, step=step, checkpoint=checkpoint)


def shown_metric(value: float | None) -> str:
    """Four decimals, the field's habit; a dash where undefined."""
    return "–" if value is None else f"{value:.4f}"
