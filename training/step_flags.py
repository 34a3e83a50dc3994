"""Flags of how a step of training is made. Each is off by default, and off it changes no bit.

Standard library only, as the other flags are.
"""

from __future__ import annotations

import argparse

from training.config import OFF, TrainConfig
from training.flag_values import epochs_or_all, from_zero, not_negative, positive, rate, share

Group = argparse._ArgumentGroup  # noqa: SLF001 - argparse gives its groups no public name


def add_step_flags(group: Group) -> None:
    group.add_argument(
        "--accumulate",
        type=positive,
        default=OFF["accumulate"],
        metavar="N",
        help="make a step of N batches; learning rate, warm-up, clipping and checkpoints count steps",
    )
    group.add_argument(
        "--warmup_steps",
        type=from_zero,
        default=OFF["warmup_steps"],
        metavar="N",
        help="let the learning rate rise over the first N steps, before the schedule",
    )
    group.add_argument(
        "--warmup_epochs",
        type=not_negative,
        default=OFF["warmup_epochs"],
        metavar="N",
        help="the same in epochs, such as 1 or 0.5",
    )
    group.add_argument(
        "--layer_decay",
        type=share,
        default=OFF["layer_decay"],
        metavar="RATE",
        help="a block of the backbone learns at this times the rate of the block after it, the last one at --lr",
    )
    group.add_argument(
        "--freeze_backbone",
        nargs="?",
        const="all",
        type=epochs_or_all,
        default=OFF["freeze_backbone"],
        metavar="EPOCHS",
        help="keep the backbone as it is, without a number in every epoch, with one in the first EPOCHS",
    )
    group.add_argument(
        "--ema",
        type=rate,
        default=OFF["ema"],
        metavar="DECAY",
        help="score and keep averaged weights: after a step, DECAY times the average plus 1 - DECAY times the weights",
    )
    group.add_argument(
        "--processes",
        type=positive,
        default=1,
        metavar="N",
        help="share each batch out over N processes, each on a GPU of its own, on a CPU with its part of the threads",
    )


def refused_steps(config: TrainConfig) -> tuple[tuple[bool, str], ...]:
    """Whether flags contradict each other, each with the reason in words."""
    return (
        (
            config.batch_size % config.processes > 0,
            (
                f"--processes {config.processes} share out each batch in equal parts: make --batch_size "
                f"{config.batch_size} a multiple of {config.processes}"
            ),
        ),
        (
            config.warmup_steps > 0 and config.warmup_epochs > 0,
            "--warmup_steps and --warmup_epochs say the same in two ways: give one of them",
        ),
        (
            config.epochs > 0 and config.layer_decay != 1 and config.frozen_epochs >= config.epochs,
            "--layer_decay slows the blocks of the backbone, and --freeze_backbone keeps them as they are: give one",
        ),
    )
