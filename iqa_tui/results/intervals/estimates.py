"""What is said of a row and of a difference. None: not known; `note` says why."""

from __future__ import annotations

import math
from dataclasses import dataclass

from iqa_tui.results.intervals.correlation import CORRELATIONS
from iqa_tui.results.intervals.student import half_width

LEVEL = 0.95
"""Of `low` and `high`."""
ONE_SEED = "one seed: training noise is not in it"
NO_VARIATION = "no variation"
IDENTICAL = "identical"

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric of one row."""

    id: str
    metric: str
    value: float | None
    """Mean over `seeds`, or over random splits of the means of their seeds."""
    se: float | None = None
    """Standard error of `value` by all parts that are known."""
    se_images: float | None = None
    """The part of the test images; None too for what has no value an image, such as hours, and for random splits."""
    se_seeds: float | None = None
    """The part of the seeds, or of the random splits; None for one seed."""
    df: float | None = None
    """Degrees of freedom of `se`."""
    low: float | None = None
    high: float | None = None
    """Ends of the 95% interval; of a correlation on Fisher's z, so it is not centred on `value`."""
    seeds: tuple[int, ...] = ()
    images: int = 0
    """Test images a seed; 0 if not known."""
    units: int = 0
    """What is drawn in a resample: images, or reference images."""
    note: str = ""
    sd: float | None = None
    """Sample SD over seeds, or over random splits; None for one."""
    splits: int = 1
    """How many random splits the value is a mean over; 1 for the official split."""
    test_share: float | None = None
    """Test images for one training image, if there are several splits; None: not known."""

    def interval(self, level: float = LEVEL) -> Interval | None:
        """(low, high) at this level."""
        if self.value is None or not self.se or self.df is None:
            return None
        if self.metric not in CORRELATIONS:
            half = half_width(level, self.se, self.df)
            return self.value - half, self.value + half
        if abs(self.value) >= 1:
            return None
        half = half_width(level, self.se / (1 - self.value**2), self.df)
        centre = math.atanh(self.value)
        return math.tanh(centre - half), math.tanh(centre + half)


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric of one row minus that of another."""

    id: str
    baseline: str
    metric: str
    value: float | None
    """Over the seeds that both rows have, if there are any."""
    se: float | None = None
    se_images: float | None = None
    se_seeds: float | None = None
    df: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """Two-sided, by itself."""
    p_holm: float | None = None
    """Adjusted for all differences that were asked for together; None if this one was asked for alone."""
    min_detectable: float | None = None
    """The smallest true difference that this design would find in four of five tries."""
    seeds: tuple[int, ...] = ()
    """Those that both have; if they share none, those of both."""
    images: int = 0
    units: int = 0
    note: str = ""
    splits: int = 1
    """How many random splits both rows have, over which the value is a mean; 1 for the official split."""
    test_share: float | None = None
    """As of an estimate."""

    def interval(self, level: float = LEVEL) -> Interval | None:
        """(low, high) at this level. At 90% it serves two one-sided tests at 5% each."""
        if self.value is not None and self.se == 0 and self.value == 0:
            return 0.0, 0.0
        if self.value is None or not self.se or self.df is None:
            return None
        half = half_width(level, self.se, self.df)
        return self.value - half, self.value + half
