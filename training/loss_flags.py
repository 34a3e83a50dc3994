"""The flags of the loss, and what is refused of them. Standard library only, as the other flags are."""

from __future__ import annotations

import argparse

from training.config import TrainConfig
from training.flag_values import not_negative, two_or_more
from training.loss_parts import (
    ANSWERS,
    EXAMPLE,
    HISTOGRAM,
    LOSS_TYPES,
    RANKING_TWICE,
    has_part,
    has_ranking_twice,
    loss_type,
    smallest_batch,
)

Group = argparse._ArgumentGroup  # noqa: SLF001 - argparse gives its groups no public name
HISTOGRAM_FILES = {"koniq-10k": "koniq10k_distributions_sets.csv", "csv": "FILE.csv"}
"""Data sets that tell how many people gave each answer, or may do so, and the file that holds it."""


def add_loss_flags(group: Group) -> None:
    group.add_argument(
        "--loss_type",
        type=loss_type,
        default="l1",
        help=f"one of {', '.join(LOSS_TYPES)}, or a weighted sum, such as {EXAMPLE}; docs/trainer.md defines each",
    )
    group.add_argument(
        "--answers",
        type=two_or_more,
        default=ANSWERS,
        metavar="N",
        help=f"{HISTOGRAM}: the answers that a person could give, which are the columns c1 to cN of the labels",
    )
    group.add_argument(
        "--pairwise_sd",
        choices=("image", "uniform"),
        default="image",
        help="opinion spread in the losses pairwise, ranknet, thurstone: each image's own if known, or one for all",
    )
    group.add_argument(
        "--ranking_loss_alpha",
        type=not_negative,
        default=argparse.SUPPRESS,  # it depends on --loss_type
        help="weight of a margin ranking term beside the loss (default: 0.5, as published; 0 beside a sum, ranking, "
        "emd, thurstone)",
    )
    group.add_argument(
        "--ranking_loss_margin",
        type=not_negative,
        default=0.1,
        help="of that term, on the scale of training (0 to 1; published: 0 to 100)",
    )


def refused_losses(config: TrainConfig) -> tuple[tuple[bool, str], ...]:
    """Whether flags of the loss contradict each other or the data set, each with the reason in words."""
    smallest = smallest_batch(config.loss_type)
    learns_histogram = has_part(config.loss_type, HISTOGRAM)
    no_gradient = (
        f"--batch_size {config.batch_size}: --loss_type {config.loss_type} compares images and has no gradient for "
        f"fewer than {smallest} crops in a batch"
    )
    no_histogram = (
        f"--loss_type {config.loss_type} learns how many people gave each answer, and {config.dataset} "
        f"({config.data_folder}) tells a mean of each image, at most with a spread; no histogram is made up of them. "
        f"Take --dataset koniq-10k ({HISTOGRAM_FILES['koniq-10k']} has the columns c1 to c5), or --dataset csv with a "
        f"file of your own that has the columns c1 to c{config.answers} beside image and mos"
    )
    several_studies = (
        f"--loss_type {config.loss_type} learns how many people gave each answer, and the answers of two studies are "
        "not the same: take one data set"
    )
    return (
        (has_ranking_twice(config.loss_type, config.ranking_loss_alpha), RANKING_TWICE),
        (config.epochs > 0 and config.batch_size < smallest, no_gradient),
        (config.learns_histogram and config.is_mixed, several_studies),
        (config.learns_histogram and config.dataset not in HISTOGRAM_FILES, no_histogram),
        (
            config.answers != ANSWERS and not learns_histogram,
            f"--answers is for a loss with {HISTOGRAM} in it: no other learns how opinions spread over the answers",
        ),
        (
            config.learns_histogram and config.dataset == "koniq-10k" and config.answers != ANSWERS,
            f"--answers {config.answers}: an opinion of koniq-10k is one of {ANSWERS} answers; leave the flag out",
        ),
    )
