"""When `last.pt` is due, and what becomes of a run if it cannot be written."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from training.checkpoints import resumable
from training.checkpoints.disk import why_not_written
from training.checkpoints.file import size_bytes
from training.checkpoints.resumable import Learner
from training.errors import LossNotFinite
from training.progress import Progress
from training.runfolder.layout import RunFolder
from training.telling.recorder import Recorder

LARGEST_SHARE = 0.05
"""Largest part of a run's time that goes into checkpoints within an epoch: on a slow disk fewer are written."""

Position = tuple[int, int, int | None]


class CheckpointSchedule:
    """Writes the resumable checkpoints of one attempt: on a period, and when the story of the run says so.

    If one cannot be written there is a warning, the one before it stands, training goes on, and the next is tried when
    it is due. Best weights and scores must not be lost: `run.choose` writes them, and ends the run if it cannot.
    """

    def __init__(
        self,
        run: RunFolder,
        learner: Learner,
        recorder: Recorder,
        *,
        began: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`began`: when this attempt began, on `clock`."""
        self._run = run
        self._learner = learner
        self._recorder = recorder
        self._clock = clock
        self._began = began
        self._earlier_seconds = 0.0
        self._period_seconds = learner.config.checkpoint_minutes * 60
        self._next = clock() + self._period_seconds
        self._saved: Position | None = None
        """What the files on disk would resume at."""
        self._weights: tuple[int, str] | None = None
        """Step and mark of the checkpoint on disk, if it holds the weights of that step and can be named."""
        self._last_is_good = True

    def resume(self) -> Progress:
        """Put the newest usable checkpoint into network, optimiser and generators, and report which it is and why.

        Returns:
            How far it was; the beginning if no checkpoint was written yet.

        Raises:
            BadCheckpoint: there are some, and none can be used.
        """
        found = resumable.load_last(self._run, self._learner)
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
        self._weights = (progress.step, found.mark) if found.mark and not found.refused else None
        return progress

    def resumed_from(self) -> str | None:
        """The checkpoint that a resume would go on from: `last`, `previous`, or None if there is none."""
        return resumable.resumed_from(self._run, last_is_good=self._last_is_good)

    def holds(self, progress: Progress) -> bool:
        """Whether a resume would go on from this very state."""
        return self._saved == _position(progress)

    def elapsed_seconds(self) -> float:
        """Of all attempts; without what a killed one did after its last checkpoint."""
        return self._earlier_seconds + self._clock() - self._began

    def is_due(self) -> bool:
        """Whether the period is over."""
        return self._period_seconds > 0 and self._clock() >= self._next

    def save(self, progress: Progress) -> bool:
        """Write what is not on disk yet: a checkpoint, or, if that holds these weights already, the progress alone.

        Returns:
            Whether this very state is on disk now.

        Raises:
            LossNotFinite: a weight is no number any more; the last checkpoint is from before.
        """
        if self._saved == _position(progress):
            return True
        progress.elapsed_seconds = self.elapsed_seconds()
        try:
            if self._weights is not None and self._weights[0] == progress.step:
                resumable.save_progress(self._run, self._weights[1], progress)
            else:
                self._save_weights(progress)
        except OSError as error:
            self._warn(error)
        else:
            self._saved = _position(progress)
        return self._saved == _position(progress)

    def _save_weights(self, progress: Progress) -> None:
        """Even if it cannot be written, the next one is due a period later."""
        began = self._clock()
        self._check_weights(progress)
        try:
            mark = resumable.save_last(self._run, self._learner, progress, rotate=self._last_is_good)
        finally:
            now = self._clock()
            self._next = now + max(self._period_seconds, (now - began) / LARGEST_SHARE)
        self._weights, self._last_is_good = (progress.step, mark), True
        self._recorder.checkpoint(epoch=progress.epoch, step=progress.step, name="last")

    def _warn(self, error: OSError) -> None:
        learner = self._learner
        needed_bytes = size_bytes(learner.network, learner.optimizer, with_average=learner.ema is not None)
        stands = "the one before it stands" if self._run.last_checkpoint.exists() else "there is none before it"
        self._recorder.warning(
            f"{why_not_written(self._run.last_checkpoint, error, needed_bytes)}: {stands}, and training goes on"
        )

    def _check_weights(self, progress: Progress) -> None:
        """A finite gradient times a huge learning rate can still leave the range of numbers."""
        for name, parameter in self._learner.network.named_parameters():
            if not bool(torch.isfinite(parameter).all()):
                raise LossNotFinite(
                    f"weights not finite ({name}) after step {progress.step:,} in epoch {progress.epoch}: start a new "
                    f"run with an --lr smaller than {self._learner.config.lr:g}"
                )


def _position(progress: Progress) -> Position:
    return progress.epoch, progress.step_in_epoch, progress.best_epoch
