"""The test images of a row with what people and the networks said of them: plain values that a screen shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iqa_tui.words.repetitions import repetition_words, short_repetition


@dataclass(frozen=True, slots=True)
class RowImage:
    """One image, as the runs of a row scored it. Places begin with 1 for the best; equal ones share a mean place."""

    name: str
    """As the file of scores has it: it may hold anything."""
    mos: float
    pred: float
    """On the scale of `mos` by the logistic fit, mean over the runs that tested it; as the networks gave it if there is
    no fit.
    """
    drawn: float
    """What the scatter shows: of one run as its network gave it, of several `pred`."""
    preds: tuple[float, ...]
    """As the network of each run gave it; NaN for a run on a split that does not test it."""
    mos_place: int
    pred_place: int
    part: str = ""
    """Its data set, if the runs are on several: places are those within it, as opinions of two studies do not compare.
    Empty for one data set.
    """
    count: int = 1
    """Images among which the places are."""

    @property
    def error(self) -> int:
        """Places by which the row puts it too high, negative for too low."""
        return self.mos_place - self.pred_place

    @property
    def error_share(self) -> float:
        """`error` as a share of all places, which compares between data sets of different sizes."""
        return self.error / self.count


@dataclass(frozen=True, slots=True)
class RowImages:
    """All test images of a row that its seeds have in common; those of all splits if there are several."""

    id: str
    """Unique in its table."""
    seeds: tuple[int, ...] = ()
    """Of the runs that are looked at."""
    images: tuple[RowImage, ...] = ()
    curve: tuple[tuple[float, float], ...] = ()
    """The logistic fit as points (MOS, `drawn`), by `drawn`; empty if none is found."""
    problem: str = ""
    """Why there are no images."""
    has_scale: bool = True
    """False: a loss left the scale of predictions free, and neither a fit nor a calibration was found for a run: then
    only the places say something.
    """
    splits: tuple[int, ...] = ()
    """Random split of each of `seeds`; empty if there is one split, which needs no name."""

    @property
    def seed_words(self) -> str:
        """`mean of 3 seeds`, `seed 2`, `split 3 seed 1`, `mean of the splits that test an image`."""
        if not self.seeds:
            return ""
        if len(self.seeds) == 1:
            return repetition_words(self.seeds[0], self.splits[0] if self.splits else None)
        return "mean of the splits that test an image" if self.splits else f"mean of {len(self.seeds)} seeds"

    def run_words(self) -> list[str]:
        """`s1`, `s1 split 3`: of each run."""
        if not self.splits:
            return [short_repetition(seed, None) for seed in self.seeds]
        return [short_repetition(seed, split) for seed, split in zip(self.seeds, self.splits, strict=True)]

    def worst(self, most: int) -> list[RowImage]:
        """Those that lie furthest from where people put them."""
        return sorted(self.images, key=lambda image: (-abs(image.error_share), image.name))[:most]

    def best(self, most: int) -> list[RowImage]:
        """Those that lie nearest to where people put them; of equal ones the smaller error on the scale first."""
        return sorted(self.images, key=lambda image: (abs(image.error_share), abs(image.pred - image.mos)))[:most]


@dataclass(frozen=True, slots=True)
class ImagePair:
    """One image as two rows scored it, with places among the images that both have."""

    one: RowImage
    other: RowImage

    @property
    def gap(self) -> int:
        """Places by which the first row puts it higher than the other."""
        return self.other.pred_place - self.one.pred_place

    @property
    def nearer(self) -> int:
        """1: the first row is nearer to people; -1: the other; 0: both are as near."""
        one, other = abs(self.one.error), abs(self.other.error)
        return (one < other) - (one > other)


def apart(pairs: Sequence[ImagePair], most: int) -> list[ImagePair]:
    """Those on which two rows disagree most."""
    return sorted(pairs, key=lambda pair: (-abs(pair.gap) / pair.one.count, pair.one.name))[:most]
