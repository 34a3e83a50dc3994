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
    """With what a difference of some size would be found in four of five tries. Both None: that cannot be told."""

    seeds: int | None = None
    """Seeds of each row, on the same test images; None: no number of them would do, or their noise is not known."""
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
