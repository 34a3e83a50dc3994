"""AdamW over groups of parameters, and the learning rate as a plain function of the step."""

from __future__ import annotations

import math

import torch
from torch import nn

from training.config import TrainConfig
from training.network.depth import lr_scales
from training.network.quality import QualityNetwork

FLOOR = 0.01
"""The cosine ends at this part of the first rate (an absolute floor may lie above the rate itself)."""
PUBLISHED_FLOOR = 1e-6
"""The published code's cosine ends at this rate itself, for every group of parameters."""
STEP_EPOCHS = 6
"""The step schedule divides by 10 after so many epochs, as HyperIQA does."""
POSITION_WORDS = ("position_bias", "pos_embed", "absolute_pos", "rel_pos")
"""Parts of the names of position tables, which do not decay."""


def build_optimizer(network: QualityNetwork, config: TrainConfig) -> torch.optim.AdamW:
    """New layers learn at `lr · lr_ratio`, the backbone at `lr`; norms, biases and position tables do not decay.

    Under the published protocol the local distortion layers count as backbone, and everything decays. With
    `--layer_decay` the rate of the backbone falls block by block towards the input.

    Raises:
        BadUsage: the blocks of this backbone are not known.
    """
    scales = {}
    if config.layer_decay != 1:
        scales = {f"backbone.{name}": scale for name, scale in lr_scales(network.backbone, config.layer_decay).items()}
    slow = ("backbone.", "local_distortion.") if config.is_published else ("backbone.",)
    groups = []
    for is_new in (True, False):
        for decays in (True, False):
            parameters: dict[float, list[nn.Parameter]] = {}
            for name, parameter in network.named_parameters():
                if name.startswith(slow) is not is_new and (config.is_published or _decays(name, parameter)) is decays:
                    parameters.setdefault(scales.get(name, 1.0), []).append(parameter)
            decay = config.weight_decay if decays else 0.0
            for scale, of_one_rate in sorted(parameters.items(), key=lambda pair: pair[0]):
                lr = (config.lr * config.lr_ratio if is_new else config.lr) * scale
                groups.append({"params": of_one_rate, "lr": lr, "first_lr": lr, "weight_decay": decay})
    return torch.optim.AdamW(groups, lr=config.lr, fused=True)  # one pass over the memory, on CPU and CUDA


def _decays(name: str, parameter: nn.Parameter) -> bool:
    return parameter.ndim > 1 and not any(word in name for word in POSITION_WORDS)


def lr_at(first_lr: float, config: TrainConfig, step: int, steps_per_epoch: int) -> float:
    """The learning rate at `step` (counted from 0) of parameters that begin at `first_lr`.

    In a warm-up of W steps the rate of step s is (s + 1) / (W + 1) of what it would be. The cosine per step begins
    after it; schedules by the epoch do not move.
    """
    warmup = config.warmup_length(steps_per_epoch)
    risen = min(1.0, (step + 1) / (warmup + 1))
    if config.is_published and config.schedule == "cosine":
        done = (step // steps_per_epoch) / config.epochs
        return risen * (PUBLISHED_FLOOR + (first_lr - PUBLISHED_FLOOR) * 0.5 * (1 + math.cos(math.pi * done)))
    return risen * (first_lr * lr_factor(config.schedule, step, steps_per_epoch, config.epochs, warmup))


def rising_lr_note(config: TrainConfig) -> str | None:
    """A warning if the published schedule ends above its start; None if it does not."""
    if not config.is_published or config.schedule != "cosine" or config.lr >= PUBLISHED_FLOOR:
        return None
    return (
        f"--lr {config.lr:g} lies below the published schedule's floor of {PUBLISHED_FLOOR:g}, so the learning rate of "
        "the backbone rises: use --no_lr_scheduler, or --protocol clean"
    )


def lr_factor(schedule: str, step: int, steps_per_epoch: int, epochs: int, warmup: int = 0) -> float:
    """The factor of the first learning rate at `step` (counted from 0).

    cosine: per step from 1, after `warmup` steps, to 0.01; step: a tenth after every sixth epoch; none: 1.
    """
    if schedule == "cosine":
        done = (step - warmup) / max(steps_per_epoch * epochs - warmup - 1, 1)
        return FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * min(max(done, 0.0), 1.0)))
    if schedule == "step":
        return float(0.1 ** (step // (steps_per_epoch * STEP_EPOCHS)))
    return 1.0


def set_lr(optimizer: torch.optim.Optimizer, config: TrainConfig, step: int, steps_per_epoch: int) -> float:
    """Give every group its rate at `step` (counted from 0); returns that of parameters at `--lr`."""
    for group in optimizer.param_groups:
        group["lr"] = lr_at(group["first_lr"], config, step, steps_per_epoch)
    return lr_at(config.lr, config, step, steps_per_epoch)
