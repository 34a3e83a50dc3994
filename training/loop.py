"""One epoch of training: step, event, a look at whether to stop."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from training.checkpoint import Progress
from training.config import TrainConfig
from training.datasets.batches import SplitImages, TrainBatch, prefetched, train_batches
from training.device import Placement
from training.errors import LossNotFinite, Stopped
from training.losses.table import Loss
from training.network.quality import QualityNetwork
from training.optim import CLIP_NORM, set_lr
from training.record import Recorder
from training.transforms import plan_crops, to_network_input

PREFETCHED = 4


def steps_per_epoch(images: int, config: TrainConfig) -> int:
    """The last batch may be smaller and counts."""
    return math.ceil(images * config.train_patch_num / config.batch_size)


def train_epoch(
    network: QualityNetwork,
    optimizer: torch.optim.Optimizer,
    criterion: Loss,
    images: SplitImages,
    config: TrainConfig,
    placement: Placement,
    progress: Progress,
    recorder: Recorder,
    should_stop: Callable[[], bool],
) -> None:
    """Train what is left of epoch `progress.epoch`; `progress` tells at any moment how far it is.

    A loss that is not finite ends the run at once: the step that made it has reached the weights, and nothing after
    it could be believed. The last checkpoint is from before.

    Raises:
        Stopped: asked to; every step begun is done and counted.
        LossNotFinite: naming the first such step.
    """
    network.train()
    steps = steps_per_epoch(len(images), config)
    clock = Speedometer()
    unread: list[Tensor] = []
    for batch in _batches(images, config, placement, progress):
        if should_stop():
            _read_losses(unread, progress, recorder)
            recorder.close_bar()
            raise Stopped("stopped between steps")
        lr = set_lr(optimizer, config, progress.step, steps)
        unread.append(_train_step(network, optimizer, criterion, batch, config, placement))
        progress.step += 1
        progress.step_in_epoch += 1
        clock.count(len(batch.mos))
        if progress.step_in_epoch in (1, steps) or recorder.step_is_due():
            loss = _read_losses(unread, progress, recorder)
            recorder.step(
                epoch=progress.epoch,
                epochs=config.epochs,
                step=progress.step,
                done=progress.step_in_epoch,
                steps=steps,
                loss=loss,
                lr=lr,
                images_per_second=clock.images_per_second(),
            )


def _batches(
    images: SplitImages, config: TrainConfig, placement: Placement, progress: Progress
) -> Iterator[TrainBatch]:
    plan = plan_crops(len(images), config.train_patch_num, seed=config.seed, epoch=progress.epoch)
    batches = train_batches(images, plan, config, progress.step_in_epoch)
    return prefetched(batches, PREFETCHED) if placement.is_cuda else batches


def _train_step(
    network: QualityNetwork,
    optimizer: torch.optim.Optimizer,
    criterion: Loss,
    batch: TrainBatch,
    config: TrainConfig,
    placement: Placement,
) -> Tensor:
    """One update; returns the loss, () and not waited for."""

    def there(tensor: Tensor) -> Tensor:
        return (tensor.pin_memory() if placement.is_cuda else tensor).to(placement.device, non_blocking=True)

    jitters = None if config.no_color_jitter else there(batch.jitters)
    images = to_network_input(there(batch.crops), network.normalisation, there(batch.flips), jitters)
    with placement.autocast(training=True):
        pred = network(images)
    loss = criterion(pred, there(batch.mos), None if batch.mos_sd is None else there(batch.mos_sd))
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP_NORM)
    optimizer.step()
    return loss.detach()


def _read_losses(unread: list[Tensor], progress: Progress, recorder: Recorder) -> float:
    """Fetch the losses since the last event at once (each fetch waits for the device); returns the newest."""
    if not unread:
        return math.nan
    losses: list[float] = torch.stack(unread).tolist()
    unread.clear()
    first = progress.step - len(losses) + 1
    for step, loss in enumerate(losses, start=first):
        if not math.isfinite(loss):
            recorder.close_bar()
            recorder.warning(f"the loss of step {step:,} is {loss}")
            raise LossNotFinite(
                f"loss not finite at step {step:,}; try a smaller --lr (the last checkpoint is from before it)"
            )
    progress.loss_sum += sum(losses)
    return losses[-1]


class Speedometer:
    """Images a second since it was last asked."""

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
