"""What every data set is: images with opinions, each in one split."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image

from training.datasets.labels.files import states_of
from training.errors import BadData
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


BEYOND_SCALE = 0.5
"""How far beyond a scale's ends labels may lie, in parts of its length. Realigned difference scores may lie a little
beyond theirs; a label beyond this is on another scale, or mistyped."""


def read_image(item: Item) -> Image.Image:
    """Decode the image file."""
    with Image.open(item.path) as image:
        return image.convert("RGB")


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
    decode: Callable[[Item], Image.Image] = read_image
    """May be called from several threads."""
    demo: bool = False
    """True if the labels are no human opinions."""
    notes: tuple[str, ...] = ()
    """What a reader of the numbers must know."""

    def split(self, name: str) -> list[Item]:
        return [item for item in self.items if item.split == name]

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


def _some(items: list[Item], limit: int | None, split: str) -> list[Item]:
    """Drawn, not the first: files are often sorted by score."""
    if limit is None or limit >= len(items):
        return items
    chosen = stream(0, "limit", split).permutation(len(items))[:limit]
    return [items[number] for number in sorted(chosen)]


def check_complete(dataset: Dataset, splits: Sequence[str] = SPLITS) -> Dataset:
    """Give the data set back once every file is there and named once, labels fit the scale, no split is empty.

    Raises:
        BadData: the text names the first missing file and counts the others, or the line that is wrong.
    """
    states = states_of([str(item.path) for item in dataset.items])
    missing = [
        item
        for item, state in zip(dataset.items, states, strict=True)
        if state is None or not stat.S_ISREG(state.st_mode)
    ]
    if missing:
        others = f" ({len(missing):,} of {len(dataset.items):,} images are missing)" if len(missing) > 1 else ""
        raise BadData(f"{missing[0].path}: no such image, named in {missing[0].where}{others}. Check --data_path")
    _check_unique(dataset.items)
    _check_scale(dataset)
    for name in splits:
        if not dataset.split(name):
            raise BadData(f"data set {dataset.name}: no image in the split {name}; this run needs {', '.join(splits)}")
    if not dataset.mos_range[1] > dataset.mos_range[0]:
        raise BadData(f"data set {dataset.name}: every label is {dataset.mos_range[0]:g}, so there is nothing to learn")
    return dataset


def _check_unique(items: Sequence[Item]) -> None:
    """By name, and by file: `a.jpg` and `./a.jpg` could land in two splits."""
    seen: dict[object, Item] = {}
    for item in items:
        for key in (item.name, (os.path.normpath(item.path), item.recipe)):
            if key in seen:
                raise BadData(f"{item.where}: image {item.name} was named already, in {seen[key].where}")
            seen[key] = item


def _check_scale(dataset: Dataset) -> None:
    low, high = dataset.mos_range
    margin = BEYOND_SCALE * (high - low)
    for item in dataset.items:
        if not low - margin <= item.mos <= high + margin:
            raise BadData(
                f"{item.where}: the label {item.mos:g} of {item.name} is not on the scale of {dataset.name}, "
                f"{low:g} to {high:g}"
            )
