"""What intervals are computed from: the scores of each image by each run, as arrays. No files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]


def no_scores() -> Floats:
    return np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class RunScores:
    """One run of a row: one seed, on one split."""

    seed: int
    images: tuple[str, ...] = ()
    """Names of the test images, each once; empty for a run whose scores cannot be read."""
    mos: Floats = field(default_factory=no_scores)
    """(N,) opinions."""
    predictions: Floats = field(default_factory=no_scores)
    """(N,) as the network gave them."""
    groups: tuple[str, ...] = ()
    """The reference image of each image; empty: every image counts by itself."""
    split: str = ""
    """Which of several random splits of a data set, the split seed; empty for the official one, and for the split that
    all runs share if they ask for no other."""
    calibrated: Floats | None = None
    """(N,) predictions on the scale of the opinions, for RMSE; None: the loss fixes no scale and no map was found."""
    train_images: int | None = None
    """How many images the run was trained on; asked for if there are several random splits."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """What a run has one number of, not one an image: `hours`, `ln_stability`; without images its metrics too."""
    problem: str = ""
    """Why its scores cannot be read."""
    parts: tuple[RunScores, ...] = ()
    """Of a run on several data sets: its scores on each, on that one's own scale; here they are all from 0 to 1."""
    part_of: str = ""
    """Of such a part: its data set, whose images are drawn by themselves."""

    def __post_init__(self) -> None:
        lengths = {len(self.images), len(self.mos), len(self.predictions), len(self.groups) or len(self.images)}
        if len(lengths) != 1 or (self.calibrated is not None and len(self.calibrated) != len(self.images)):
            raise ValueError(f"seed {self.seed}: images, opinions, predictions and groups differ in number")
        if len(set(self.images)) != len(self.images):
            raise ValueError(f"seed {self.seed}: an image stands there twice")


@dataclass(frozen=True, slots=True, eq=False)
class RowScores:
    """One row of a table: an experiment over its seeds, or a recorded result."""

    id: str
    """Unique in its table."""
    runs: tuple[RunScores, ...] = ()
    dataset: str = ""
    protocol: str = ""
    is_demo: bool = False
    """The labels are not human opinions."""
    recorded: Mapping[str, float] = field(default_factory=dict)
    """Metric to the value that was measured elsewhere; used if there are no runs."""
    is_elsewhere: bool = False
    """It was not trained by a run of the table. If it has runs, its network was tested here: its seed is none of the
    table's, so nothing is paired by it.
    """
