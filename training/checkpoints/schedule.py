"""When a checkpoint is due, and what becomes of a run whose checkpoint cannot be written."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from training.checkpoints import resumable as checkpoint
from training.checkpoints.disk import why_not_written
from training.checkpoints.resumable import Progress
from training.config import TrainConfig
from training.errors import LossNotFinite
from training.network.quality import QualityNetwork
from training.runfolder.layout import RunFolder
from training.telling.recorder import Recorder

LARGEST_SHARE = 0.05
"""Of a run's time that goes into checkpoints within an epoch: on a slow disk they are made less often."""

Position = tuple[int, int, int | None]


class CheckpointSchedule:
    """Writes the resumable checkpoints of one attempt: on a period, and wherever the story of the run says so.

    One that cannot be written is a warning: the one before it stands, training goes on, and the next is tried in its
    time. What must not be lost, the best weights and the scores, is written by others, and ends the run if it cannot.
    """

    def __init__(
        self,
        run: RunFolder,
        network: QualityNetwork,
        optimizer: torch.optim.Optimizer,
        config: TrainConfig,
        recorder: Recorder,
        *,
        began: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`began`: when this attempt did, on `clock`."""
        self._run = run
        self._network = network
        self._optimizer = optimizer
        self._config = config
        self._recorder = recorder
        self._clock = clock
        self._began = began
        self._earlier_seconds = 0.0
        self._period_seconds = config.checkpoint_minutes * 60
        self._next = clock() + self._period_seconds
        self._saved: Position | None = None
        self._last_is_good = True

    def resume(self) -> Progress:
        """Put the newest usable checkpoint into network, optimiser and generators, and say which it is and why.

        Returns:
            How far it was; the beginning, where no checkpoint was written yet.

        Raises:
            BadCheckpoint: there are some, and none can be used.
        """
        found = checkpoint.load_last(self._run, self._network, self._optimizer, self._config)
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
        """Of all attempts; what ran after the checkpoint of a killed one is not known."""
        return self._earlier_seconds + self._clock() - self._began

    def is_due(self) -> bool:
        """Whether the period is over."""
        return self._period_seconds > 0 and self._clock() >= self._next

    def save(self, progress: Progress) -> bool:
        """Write a checkpoint, unless the last one is of this very state; returns whether it is on disk now.

        Raises:
            LossNotFinite: a weight is no number any more; the last checkpoint is from before.
        """
        if self._saved == _position(progress):
            return True
        began = self._clock()
        self._check_weights(progress)
        progress.elapsed_seconds = self.elapsed_seconds()
        try:
            checkpoint.save_last(
                self._run, self._network, self._optimizer, progress, self._config, rotate=self._last_is_good
            )
        except OSError as error:
            self._bear(error)
        else:
            self._saved, self._last_is_good = _position(progress), True
            self._recorder.checkpoint(epoch=progress.epoch, step=progress.step, name="last")
        now = self._clock()
        self._next = now + max(self._period_seconds, (now - began) / LARGEST_SHARE)
        return self._saved == _position(progress)

    def _bear(self, error: OSError) -> None:
        size_bytes = checkpoint.size_bytes(self._network, self._optimizer)
        stands = "the one before it stands" if self._run.last_checkpoint.exists() else "there is none before it"
        self._recorder.warning(
            f"{why_not_written(self._run.last_checkpoint, error, size_bytes)}: {stands}, and training goes on"
        )

    def _check_weights(self, progress: Progress) -> None:
        """A finite gradient times a huge learning rate can still leave the range of numbers."""
        for name, parameter in self._network.named_parameters():
            if not bool(torch.isfinite(parameter).all()):
                raise LossNotFinite(
                    f"weights not finite ({name}) after step {progress.step:,} in epoch {progress.epoch}: start a new "
                    f"run with an --lr smaller than {self._config.lr:g}"
                )


def _position(progress: Progress) -> Position:
    return progress.epoch, progress.step_in_epoch, progress.best_epoch
