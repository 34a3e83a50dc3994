"""What every data set is: images with opinions, each in one split."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from training.datasets.pictures import UNREADABLE, Picture, read_picture
from training.errors import BadData
from training.runfolder.mixed import PLUS
from training.seed import stream

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class Item:
    """One image and what people thought of it."""

    name: str
    """Unique in the data set: score files use it, and test crops are drawn by it."""
    path: Path
    mos: float
    """On the data set's own scale, higher is better."""
    mos_sd: float | None
    """Spread of the opinions on the scale of `mos`; None if not known."""
    split: str
    """train, val, test; empty if the data set leaves it open."""
    group: str
    """Images of one group never lie in two splits (for example all distortions of one photograph)."""
    where: str
    """File and line of the label, for errors."""
    recipe: tuple[Any, ...] = ()
    """How the image is made from `path`; empty if the file is the image."""
    histogram: tuple[float, ...] | None = None
    """Shares of the people who gave each answer, the worst answer first, 1 in all; None if not known."""


@dataclass(frozen=True, slots=True)
class Sizing:
    """The size to which an image is brought once, before crops are taken."""

    exact: tuple[int, int] | None = None
    """Height and width; None: keep the shape."""
    largest_short_side: int | None = None
    """Shrink larger images to this; None: leave them."""

    def size_for(self, height: int, width: int, smallest_side: int) -> tuple[int, int]:
        """The new height and width; no side is left below `smallest_side`, so that a crop fits."""
        new_height, new_width = self.exact or (height, width)
        short = min(new_height, new_width)
        wanted = max(min(short, self.largest_short_side or short), smallest_side)
        if wanted == short:
            return new_height, new_width
        factor = wanted / short
        return max(round(new_height * factor), wanted), max(round(new_width * factor), wanted)


SHRUNK = Sizing(largest_short_side=384)
"""For photographs of many sizes: shrunk as KonIQ-10k is, so that a crop shows a good part of the picture."""


def read_image(item: Item) -> Picture:
    """Decode the image file.

    Raises:
        UNREADABLE: as `read_picture`.
    """
    return read_picture(item.path)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Images of all splits."""

    name: str
    items: tuple[Item, ...]
    mos_range: tuple[float, float]
    """The label scale's ends; training labels are training_top · (mos − low) / (high − low)."""
    training_top: float = 1.0
    """The scale of training goes from 0 to this."""
    sizing: Sizing = field(default_factory=Sizing)
    decode: Callable[[Item], Picture] = read_image
    """May be called from several threads; raises one of `UNREADABLE`. Use `picture`, which names file and line."""
    is_scale_guessed: bool = False
    """True if `mos_range` is only how far labels of some splits reach, so that others may lie beyond."""
    has_official_split: bool = False
    """True if its authors say which images are for the test, so that no other split may be drawn."""
    demo: bool = False
    """True if the labels are no human opinions."""
    answers: tuple[float, ...] = ()
    """Where each answer of a histogram lies on the label scale, the worst one first; empty if no run asks for it."""
    notes: tuple[str, ...] = ()
    """What a reader of the numbers must know."""

    def split(self, name: str) -> list[Item]:
        return [item for item in self.items if item.split == name]

    @property
    def shares_groups(self) -> bool:
        """Whether some images are of one group, as distortions of one photograph are."""
        return len({item.group for item in self.items}) < len(self.items)

    def picture(self, item: Item) -> Picture:
        """The decoded image.

        Raises:
            BadData: the file is gone, damaged, or of pixels whose range is not known.
        """
        try:
            return self.decode(item)
        except UNREADABLE as error:
            raise BadData(f"{item.path}: cannot be read as an image ({error}); named in {item.where}") from error

    def to_training(self, mos: float) -> float:
        """From the data set's scale to that of training."""
        low, high = self.mos_range
        return (mos - low) / (high - low) * self.training_top

    def from_training(self, score: float) -> float:
        """From the scale of training to the data set's."""
        low, high = self.mos_range
        return low + score / self.training_top * (high - low)

    def sd_to_training(self, mos_sd: float) -> float:
        low, high = self.mos_range
        return mos_sd / (high - low) * self.training_top

    def limited(self, train: int | None, test: int | None) -> Dataset:
        """Some images of each split, the same ones for every run; None: all of them."""
        limits = {"train": train, "val": test, "test": test}
        kept = [item for name in SPLITS for item in _some(self.split(name), limits[name], name)]
        return replace(self, items=tuple(kept))

    def only(self, splits: Sequence[str]) -> Dataset:
        """The images of these splits."""
        return replace(self, items=tuple(item for item in self.items if item.split in splits))


def mixture(datasets: Sequence[Dataset]) -> Dataset:
    """What several data sets are together, without images: one scale from 0 to 1. A single one is given back.

    Images of unknown origin are brought to a size as those of all sets are, or shrunk as photographs, if sets differ.
    """
    if len(datasets) == 1:
        return datasets[0]
    sizings = {dataset.sizing for dataset in datasets}
    return Dataset(
        PLUS.join(dataset.name for dataset in datasets),
        (),
        mos_range=(0.0, 1.0),
        sizing=sizings.pop() if len(sizings) == 1 else SHRUNK,
        demo=any(dataset.demo for dataset in datasets),
        notes=tuple(note for dataset in datasets for note in dataset.notes),
    )


def _some(items: list[Item], limit: int | None, split: str) -> list[Item]:
    """Drawn, not the first: files are often sorted by score."""
    if limit is None or limit >= len(items):
        return items
    chosen = stream(0, "limit", split).permutation(len(items))[:limit]
    return [items[number] for number in sorted(chosen)]
