"""How far a metric might have come out otherwise with other test images: percentile intervals by the bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from training.metrics import Scores
from training.seed import stream

RESAMPLES = 1000
PERCENT = 95
MOST_UNDEFINED = 0.05
"""A metric that is undefined in a larger part of the resamples has no interval."""
Metric = Callable[[Scores, Scores], float | None]
Interval = tuple[float, float]


def interval(metric: Metric, pred: Scores, mos: Scores, groups: Sequence[str] | None) -> Interval | None:
    """The middle 95% of the metric over 1,000 resamples of the images, the same resamples for every metric.

    Args:
        metric: of predictions and opinions; None if undefined.
        pred: (N,) predictions.
        mos: (N,) opinions.
        groups: of each image; whole groups are drawn, since images of one are not independent. None: images are drawn.

    Returns:
        None with fewer than two images or groups, or if the metric is undefined in too many resamples.
    """
    members = _members(groups, len(mos))
    if len(members) < 2:
        return None
    draw = stream(0, "bootstrap")
    found = []
    for _ in range(RESAMPLES):
        drawn = np.concatenate([members[number] for number in draw.integers(len(members), size=len(members))])
        if (value := metric(pred[drawn], mos[drawn])) is not None:
            found.append(value)
    if len(found) < (1 - MOST_UNDEFINED) * RESAMPLES:
        return None
    low, high = np.percentile(found, [(100 - PERCENT) / 2, (100 + PERCENT) / 2])
    return float(low), float(high)


def words_of_units(groups: Sequence[str] | None, count: int) -> str:
    """What is drawn, for people."""
    drawn = f"{count:,} images" if groups is None else f"{len(set(groups)):,} groups of images"
    return f"{PERCENT}% intervals: percentiles of {RESAMPLES:,} bootstrap resamples of the {drawn}"


def _members(groups: Sequence[str] | None, count: int) -> list[npt.NDArray[np.int64]]:
    """The numbers of the images of each unit that is drawn."""
    numbers = np.arange(count, dtype=np.int64)
    if groups is None:
        return list(numbers[:, None])
    of_group = np.unique(np.array(groups, dtype=object), return_inverse=True)[1]
    return [numbers[of_group == group] for group in range(int(of_group.max(initial=-1)) + 1)]
