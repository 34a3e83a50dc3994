"""What would show a difference: how many seeds, or how many test images."""

from __future__ import annotations

import math
from dataclasses import dataclass

from iqa_tui.results.intervals.estimates import Difference
from iqa_tui.results.intervals.student import Part, detectable, together

MOST_SEEDS = 1_000
MOST_IMAGES = 10**9


@dataclass(frozen=True, slots=True)
class Needs:
    """With what a difference of some size would be found in four of five tries. All None: that cannot be told."""

    seeds: int | None = None
    """Seeds of each row, on the same test images; None: no number of them would do, or their noise is not known."""
    splits: int | None = None
    """Random splits, if it is a mean over several; 0: no number of them would do."""
    images: int | None = None
    """If no number of seeds would: test images at which the noise of images alone would leave it to be found."""


def seeds_needed(difference: Difference, size: float | None = None) -> Needs:
    """What would show a difference of this size.

    Args:
        difference: whose noise is taken as it is.
        size: None: that of the difference itself.
    """
    gap = abs(difference.value or 0.0) if size is None else abs(size)
    if not gap or difference.df is None:
        return Needs()
    if difference.splits > 1:
        return _splits_needed(difference, gap)
    images_se, images_df = difference.se_images or 0.0, max(difference.units - 1, 1)
    if images_se and detectable(images_se, images_df) > gap:
        factor = (detectable(images_se, images_df) / gap) ** 2
        return Needs(images=min(math.ceil(difference.images * factor), MOST_IMAGES))
    if difference.se_seeds is None or len(difference.seeds) < 2:
        return Needs()
    variance = difference.se_seeds**2 * len(difference.seeds)
    for seeds in range(2, MOST_SEEDS + 1):
        parts = [Part(images_se**2, images_df), Part(variance / seeds, seeds - 1)]
        se, df = together(parts)
        if df is None or detectable(se, df) <= gap:
            return Needs(seeds=seeds)
    return Needs()


def _splits_needed(difference: Difference, gap: float) -> Needs:
    """The correction after Nadeau and Bengio stays as it is with any number of splits, so that not any gap can be
    found.
    """
    share = difference.test_share
    if not difference.se or share is None:
        return Needs()
    variance = difference.se**2 / (1 / difference.splits + share)
    for splits in range(2, MOST_SEEDS + 1):
        if detectable(math.sqrt(variance * (1 / splits + share)), splits - 1) <= gap:
            return Needs(splits=splits)
    return Needs(splits=0)


def detectable_over_splits(spread: tuple[float, float], seeds: int, splits: int, test_share: float) -> float | None:
    """The smallest difference that a plan of so many random splits would find in four of five tries.

    The score of a split moves with its test images and, less, with the mean of its seeds; how it moves with the images
    that it is trained on is not known beforehand and left out.

    Args:
        spread: SD over seeds of the difference of two rows; its standard error by the test images of one split.
        seeds: of each split.
        splits: 2 or more; else None.
        test_share: test images for one training image.
    """
    if splits < 2:
        return None
    seed_sd, images_se = spread
    variance = seed_sd**2 / seeds + images_se**2
    return detectable(math.sqrt(variance * (1 / splits + test_share)), splits - 1)


def detectable_with(seed_sd: float, images_se: float, seeds: int, units: int) -> float | None:
    """The smallest difference that a plan of so many seeds would find in four of five tries.

    Args:
        seed_sd: SD over seeds of the difference of two rows.
        images_se: standard error of the difference by the test images.
        seeds: of each row.
        units: test images, or reference images.

    Returns:
        None for one seed: its noise would not be known.
    """
    if seeds < 2:
        return None
    se, df = together([Part(images_se**2, max(units - 1, 1)), Part(seed_sd**2 / seeds, seeds - 1)])
    return 0.0 if df is None else detectable(se, df)
