"""When `last.pt` is due, and what becomes of a run if it cannot be written."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from training.checkpoints import resumable as checkpoint
from training.checkpoints.disk import why_not_written
from training.checkpoints.file import size_bytes
from training.checkpoints.resumable import Resumable
from training.errors import LossNotFinite
from training.progress import Progress
from training.telling.recorder import Recorder

LARGEST_SHARE = 0.05
"""Of a run's time that goes into checkpoints within an epoch: on a slow disk fewer are written."""

Position = tuple[int, int, int | None]


class CheckpointSchedule:
    """Writes `last.pt` for one attempt: on a period, and when the story of the run says so.

    If it cannot be written there is a warning, the one before it stands, training goes on, and the next is tried in
    its time. Best weights and scores must not be lost: `run.choose` writes them, and ends the run if it cannot.
    """

    def __init__(
        self,
        resumable: Resumable,
        recorder: Recorder,
        *,
        began: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`began`: when this attempt began, on `clock`."""
        self._resumable = resumable
        self._run = resumable.run
        self._recorder = recorder
        self._clock = clock
        self._began = began
        self._earlier_seconds = 0.0
        self._period_seconds = resumable.config.checkpoint_minutes * 60
        self._next = clock() + self._period_seconds
        self._saved: Position | None = None
        self._last_is_good = True

    def resume(self) -> Progress:
        """Put the newest usable checkpoint into network, optimiser and generators, and report which it is and why.

        Returns:
            How far it was; the beginning if no checkpoint was written yet.

        Raises:
            BadCheckpoint: there are some, and none can be used.
        """
        found = checkpoint.load_last(self._resumable)
        if found is None:
            self._recorder.say("no checkpoint was written yet: begins at the start")
            return Progress()
        for reason in found.refused:
            self._recorder.warning(f"{reason}; the checkpoint before it is used")
        progress = found.progress
        self._recorder.resumed(name=found.path.stem, epoch=progress.epoch, step=progress.step)
        self._recorder.say(f"resumed from {found.path} at step {progress.step:,} of epoch {progress.epoch}")
        self._earlier_seconds = progress.elapsed_seconds
        self._saved = _position(progress)
        self._last_is_good = not found.refused
        return progress

    def resumed_from(self) -> str | None:
        """The checkpoint that a resume would go on from: `last`, `previous`, or None if there is none."""
        return checkpoint.resumed_from(self._run, last_is_good=self._last_is_good)

    def elapsed_seconds(self) -> float:
        """Of all attempts; without what a killed one did after its last checkpoint."""
        return self._earlier_seconds + self._clock() - self._began

    def is_due(self) -> bool:
        """Whether the period is over."""
        return self._period_seconds > 0 and self._clock() >= self._next

    def save(self, progress: Progress) -> bool:
        """Write a checkpoint unless the last one is of this very state; returns whether it is on disk now.

        Raises:
            LossNotFinite: a weight is no number any more; the last checkpoint is from before.
        """
        if self._saved == _position(progress):
            return True
        began = self._clock()
        self.check_weights(progress)
        progress.elapsed_seconds = self.elapsed_seconds()
        try:
            checkpoint.save_last(self._resumable, progress, rotate=self._last_is_good)
        except OSError as error:
            self._bear(error)
        else:
            self._saved, self._last_is_good = _position(progress), True
            self._recorder.checkpoint(epoch=progress.epoch, step=progress.step, name="last")
        now = self._clock()
        self._next = now + max(self._period_seconds, (now - began) / LARGEST_SHARE)
        return self._saved == _position(progress)

    def _bear(self, error: OSError) -> None:
        needs_bytes = size_bytes(self._resumable.network, self._resumable.optimizer)
        stands = "the one before it stands" if self._run.last_checkpoint.exists() else "there is none before it"
        self._recorder.warning(
            f"{why_not_written(self._run.last_checkpoint, error, needs_bytes)}: {stands}, and training goes on"
        )

    def check_weights(self, progress: Progress) -> None:
        """Look at every weight: a finite gradient times a huge learning rate can still leave the range of numbers.

        Raises:
            LossNotFinite: a weight is no number any more.
        """
        for name, parameter in self._resumable.network.named_parameters():
            if not bool(torch.isfinite(parameter).all()):
                raise LossNotFinite(
                    f"weights not finite ({name}) after step {progress.step:,} in epoch {progress.epoch}: start a new "
                    f"run with an --lr smaller than {self._resumable.config.lr:g}"
                )


def _position(progress: Progress) -> Position:
    return progress.epoch, progress.step_in_epoch, progress.best_epoch
