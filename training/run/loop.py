"""One epoch of training: step, event, a look at whether to stop."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from training.checkpoints.schedule import CheckpointSchedule
from training.config import TrainConfig
from training.errors import BadUsage, LossNotFinite, Stopped, is_gpu_out_of_memory
from training.images.batches import TrainBatch
from training.optim import set_lr
from training.progress import Progress
from training.run.forward import batches_of, outputs_of
from training.run.out_of_memory import out_of_memory, what_is_kept
from training.run.setup import Setup
from training.run.team import add_up_gradients, whole
from training.telling.recorder import Recorder, Step

NOT_DETERMINISTIC = "does not have a deterministic implementation"
"""In torch's error, after the name of the operation."""
MOST_SKIPPED = 40
"""So many fp16 steps in a row that are skipped mean that the gradient itself is not finite: each halved the scale of
the loss, from 2^16 or the little more to which it grows in a run."""


def train_epoch(setup: Setup, progress: Progress, schedule: CheckpointSchedule) -> None:
    """Train what is left of epoch `progress.epoch`; `progress` says at any moment how far it is.

    A loss or a gradient that is not finite ends the run at once: the step that made it has reached the weights, and
    nothing after it could be believed. Every step is looked at before a checkpoint or an evaluation sees its weights,
    so the last checkpoint is from before it. In fp16 a gradient that overflowed changes no weight: the step is skipped
    and counted.

    A step is made of `--accumulate` batches. Nothing is saved or stopped within one.

    Raises:
        Stopped: asked to; every step begun is done and counted.
        LossNotFinite: naming the first such step.
        GpuOutOfMemory: naming the batch size.
        BadUsage: an operation of this network cannot be repeated bit for bit, and `--deterministic` asks for it.
    """
    config, recorder, steps = setup.config, setup.recorder, setup.steps_per_epoch
    setup.network.train()
    setup.network.backbone.hold(is_frozen=progress.epoch <= config.frozen_epochs)
    clock = Speedometer()
    unread = Unread(progress, config, setup.criterion.reported, is_scaled=setup.scaler.is_enabled())
    if setup.team is not None:
        setup.team.begin_epoch(setup.network, progress.epoch, progress.step_in_epoch * config.accumulate)
    for batches in in_groups(_batches(setup, progress), config.accumulate):
        if setup.attempt.should_stop():
            recorder.close_bar()
            unread.read(recorder)
            raise Stopped("stopped between steps")
        lr = set_lr(setup.optimizer, config, progress.step, steps)
        try:
            if setup.team is not None:
                setup.team.begin_step(setup.network, step=progress.step, batches=len(batches))
            unread.add(_train_step(setup, batches))
        except RuntimeError as caught:
            error = caught if setup.team is None else setup.team.cause_of(caught)
            if config.deterministic and NOT_DETERMINISTIC in str(error):
                raise BadUsage(f"--deterministic: {str(error).splitlines()[0]} Leave the flag out") from error
            recorder.close_bar()
            if not is_gpu_out_of_memory(error):
                raise error from error.__cause__
            recorder.say(str(error))  # how much of what was free, in torch's own words
            raise out_of_memory(config, progress) from error
        progress.step += 1
        progress.step_in_epoch += 1
        clock.count(sum(len(batch.mos) for batch in batches))
        if progress.step_in_epoch in (1, steps) or recorder.step_is_due():
            read = unread.read(recorder)
            recorder.step(
                Step(
                    epoch=progress.epoch,
                    epochs=config.epochs,
                    step=progress.step,
                    done=progress.step_in_epoch,
                    steps=steps,
                    loss=read.loss,
                    parts=read.parts,
                    lr=lr,
                    images_per_second=clock.images_per_second(),
                    grad_norm=read.grad_norm if math.isfinite(read.grad_norm) else None,
                )
            )
        if schedule.is_due():
            unread.read(recorder)
            schedule.save(progress)


def _batches(setup: Setup, progress: Progress) -> Iterator[TrainBatch]:
    first = progress.step_in_epoch * setup.config.accumulate
    return batches_of(setup.config, setup.placement, setup.images["train"], (progress.epoch, first), setup.part)


def in_groups(batches: Iterable[TrainBatch], size: int) -> Iterator[list[TrainBatch]]:
    """`size` at a time; the last group may have fewer."""
    rest = iter(batches)
    while group := list(itertools.islice(rest, size)):
        yield group


def _train_step(setup: Setup, batches: list[TrainBatch]) -> Tensor:
    """One update; returns its figures, left on the device.

    Batches weigh as many crops as they have: with a loss that is a mean over crops the gradient is that of one batch.

    Returns:
        (2 + parts,) loss, norm of the gradient before it was clipped, and the parts of the loss that are reported.
    """
    setup.optimizer.zero_grad(set_to_none=True)
    crops = sum(len(batch.mos) for batch in batches)
    losses, parts = [], []
    for batch in batches:
        weight = len(batch.mos) / crops
        values = _values(setup, batch)
        loss = setup.criterion.total(values) * weight
        torch.autograd.backward(setup.scaler.scale(loss))
        losses.append(loss.detach())
        parts.append([value.detach() * weight for value in values if setup.criterion.reported])
    if setup.team is not None:
        add_up_gradients(setup.network)
    setup.scaler.unscale_(setup.optimizer)
    grad_norm = torch.nn.utils.clip_grad_norm_(setup.network.parameters(), setup.config.clip_norm or math.inf)
    setup.scaler.step(setup.optimizer)  # skips a gradient that overflowed
    setup.scaler.update()
    if setup.ema is not None:
        setup.ema.update()
    means = (torch.stack(of_batches).sum() for of_batches in zip(*parts, strict=True))
    return torch.stack((torch.stack(losses).sum(), grad_norm, *means))


def _values(setup: Setup, batch: TrainBatch) -> list[Tensor]:
    """() each part of the loss of one batch, with its graph."""
    outputs = outputs_of(setup.network, batch, setup.config, setup.placement)
    if setup.team is not None:
        outputs = whole(outputs, len(batch.mos), setup.part)

    def there(tensor: Tensor) -> Tensor:
        return tensor.to(setup.placement.device, non_blocking=True)

    mos_sd, histogram = (None if known is None else there(known) for known in (batch.mos_sd, batch.histogram))
    return setup.criterion.values(setup.network.readout(outputs), there(batch.mos), mos_sd, histogram)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a step computed beside its update."""

    loss: float = math.nan
    grad_norm: float = math.nan
    parts: dict[str, float] = field(default_factory=dict)
    """Name to value without its weight; empty for a loss of one part."""


class Unread:
    """Losses and gradient norms of steps, left on the device until they are needed: fetching waits for the device."""

    def __init__(
        self, progress: Progress, config: TrainConfig, parts: tuple[str, ...], *, is_scaled: bool = False
    ) -> None:
        """`is_scaled`: losses are scaled, so a step whose gradient overflowed was skipped."""
        self._progress = progress
        self._config = config
        self._parts = parts
        self._is_scaled = is_scaled
        self._steps: list[Tensor] = []
        self._newest = Figures()

    def add(self, figures: Tensor) -> None:
        """(2 + parts,) as `_train_step` gives them, of the step that follows those added before."""
        self._steps.append(figures)

    def read(self, recorder: Recorder) -> Figures:
        """Fetch them all at once, add the losses up in `progress`; returns those of the newest step.

        Raises:
            LossNotFinite: naming the first step with a loss or a gradient that is not finite.
        """
        if not self._steps:
            return self._newest
        rows: list[list[float]] = torch.stack(self._steps).tolist()
        self._steps.clear()
        if self._progress.step_in_epoch == len(rows):  # the first ones of the epoch
            self._progress.part_sums = dict.fromkeys(self._parts, 0.0)
        first = self._progress.step - len(rows) + 1
        for step, (loss, grad_norm, *values) in enumerate(rows, start=first):
            was_skipped = self._is_scaled and math.isfinite(loss) and not math.isfinite(grad_norm)
            self._progress.skipped += was_skipped
            self._progress.skipped_in_a_row = self._progress.skipped_in_a_row + 1 if was_skipped else 0
            is_finite = math.isfinite(loss) and math.isfinite(grad_norm)
            if not (is_finite or was_skipped) or self._progress.skipped_in_a_row > MOST_SKIPPED:
                raise self._diverged(step, loss, grad_norm, recorder)
            self._progress.loss_sum += loss  # one by one: a sum of sums would depend on when they were read
            parts = dict(zip(self._parts, values, strict=True))
            for name in self._progress.part_sums:
                self._progress.part_sums[name] += parts[name]
            if 0 < self._config.clip_norm < grad_norm and not was_skipped:
                self._progress.clipped_in_epoch += 1
                self._progress.clipped += 1
            self._newest = Figures(loss, grad_norm, parts)
        return self._newest

    def _diverged(self, step: int, loss: float, grad_norm: float, recorder: Recorder) -> LossNotFinite:
        recorder.close_bar()
        if math.isfinite(loss):
            what = "gradient not finite"
            recorder.warning(f"the gradient of step {step:,} has the norm {grad_norm}, its loss is {loss:.4g}")
        else:
            what = "loss not finite"
            recorder.warning(f"the loss of step {step:,} is {loss}")
        return LossNotFinite(
            f"{what} at step {step:,} in epoch {self._progress.epoch}: start a new run with an --lr smaller than "
            f"{self._config.lr:g}{', or with --precision fp32' if self._is_scaled else ''} "
            f"({what_is_kept(self._progress)})"
        )


class Speedometer:
    """Images a second since the last reading."""

    def __init__(self) -> None:
        self._since = time.perf_counter()
        self._images = 0

    def count(self, images: int) -> None:
        self._images += images

    def images_per_second(self) -> float:
        now = time.perf_counter()
        speed = self._images / max(now - self._since, 1e-9)
        self._since, self._images = now, 0
        return round(speed, 1)
