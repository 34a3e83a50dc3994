"""The batches of an epoch on several data sets: each is of one of them.

A loss that compares images then compares those of one study, whose opinions are on one scale, and is computed as on
that data set alone. How many batches a data set has follows from how many crops it has.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from training.config import TrainConfig
from training.images.batches import ALONE, Part, SplitImages, TrainBatch, train_batches
from training.images.transforms import plan_crops
from training.seed import stream


def batch_counts(sets: Sequence[SplitImages], config: TrainConfig) -> list[int]:
    """Batches of an epoch, of each data set; the last one of each may be smaller."""
    return [math.ceil(len(images) * config.train_patch_num / config.batch_size) for images in sets]


def epoch_batches(
    sets: Sequence[SplitImages], config: TrainConfig, epoch: int, first_batch: int = 0, part: Part = ALONE
) -> Iterator[TrainBatch]:
    """The batches of an epoch of one data set or several, from `first_batch` (counted from 0), as `part` needs them."""
    order = mixed_order(batch_counts(sets, config), seed=config.seed, epoch=epoch)
    done = Counter(order[:first_batch])
    batches = [_of_one(images, config, epoch, done[number], part) for number, images in enumerate(sets)]
    for number in order[first_batch:]:
        yield next(batches[number])


def mixed_order(counts: Sequence[int], *, seed: int, epoch: int) -> list[int]:
    """Whose turn it is: the number of a data set for each batch.

    Each data set's batches are spread evenly over the epoch from a drawn place on, so that few batches in a row, as
    `--accumulate` joins them, hold every data set by its share.
    """
    starts = stream(seed, "mix", epoch).random(len(counts))
    places = [
        ((batch + starts[number]) / count, number) for number, count in enumerate(counts) for batch in range(count)
    ]
    return [number for _, number in sorted(places)]


def _of_one(images: SplitImages, config: TrainConfig, epoch: int, first_batch: int, part: Part) -> Iterator[TrainBatch]:
    name = images.dataset.name if config.is_mixed else ""
    plan = plan_crops(len(images), config.train_patch_num, seed=config.seed, epoch=epoch, dataset=name)
    return train_batches(images, plan, config, first_batch, part)
