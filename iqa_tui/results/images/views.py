"""What a user looks at of the images of a table, and the words for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from iqa_tui.results.images.values import ImagePair, RowImage, RowImages, apart
from training.runfolder.text import plain

MOST = 500
RunKey = tuple[str, int]
"""Random split, empty for the one that all runs share, and seed."""


class ImageOrder(Enum):
    """Which images a list begins with."""

    WRONG = "most wrong about"
    RIGHT = "most right about"
    APART = "most apart from"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked at."""

    row: int
    """Place in the table."""
    other: int | None = None
    """Place of the row that it is compared with; None: there is no other."""
    run: RunKey | None = None
    """None: the mean over all runs."""
    order: ImageOrder = ImageOrder.WRONG


@dataclass(frozen=True, slots=True)
class Listed:
    """One image of a list."""

    image: RowImage
    pair: ImagePair | None = None
    """None if one row alone is looked at."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was read for `wanted`."""

    wanted: Wanted
    images: RowImages
    other: RowImages | None = None
    pairs: tuple[ImagePair, ...] = ()
    """Of the images that both rows have; empty without another row."""
    runs: tuple[RunKey, ...] = ()
    """Of the row, those that have scores."""
    dataset: str = ""
    folders: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    """Data set to where it may be."""

    def listed(self) -> list[Listed]:
        """In the wanted order, the first ones."""
        if self.wanted.order is ImageOrder.APART:
            return [Listed(pair.one, pair) for pair in apart(self.pairs, MOST)]
        by_name = {pair.one.name: pair for pair in self.pairs}
        chosen = self.images.worst(MOST) if self.wanted.order is ImageOrder.WRONG else self.images.best(MOST)
        return [Listed(image, by_name.get(image.name)) for image in chosen]

    def title(self, *, is_short: bool = False) -> str:
        """`F3 · most wrong about · mean of 3 seeds`; short, `… · 3 seeds`."""
        order = self.wanted.order.value
        if self.wanted.order is ImageOrder.APART:
            order = f"{order} {self.other.id}" if self.other else "no other row has scores of the same images"
        seeds = self.images.seed_words
        seeds = seeds.removeprefix("mean of ") if is_short else seeds
        return plain(" · ".join(text for text in (self.images.id, order, seeds) if text))


def image_words(found: Found, listed: Listed, path: str, file_words: str) -> list[tuple[str, str]]:
    """What is said of one image, each line with its style.

    Args:
        path: of its file; empty if that is not known.
        file_words: what the file is; empty if it was not read.
    """
    image = listed.image
    rows = [(found.images, image)]
    if listed.pair is not None and found.other is not None:
        rows.append((found.other, listed.pair.other))
    scale = " of 0 to 1" if image.part else ""
    place = f"place {image.mos_place} of {image.count}{f' of {plain(image.part)}' if image.part else ''}"
    lines = [(f"MOS {image.mos:.4g}{scale}, {place}", "strong")]
    lines += [(_row_words(images, each), "") for images, each in rows]
    lines.append((" · ".join(text for text in (plain(path or image.name), file_words) if text), ""))
    lines.append((" · ".join(_given_words(images, each) for images, each in rows), "dim"))
    return lines


def image_headline(found: Found, listed: Listed) -> str:
    """`MOS 0.784 · F3 0.717 · F1 0.793`."""
    parts = [f"MOS {listed.image.mos:.3g}", f"{found.images.id} {_number(found.images, listed.image)}"]
    if listed.pair is not None and found.other is not None:
        parts.append(f"{found.other.id} {_number(found.other, listed.pair.other)}")
    return plain(" · ".join(parts))


def _row_words(images: RowImages, image: RowImage) -> str:
    """`F3 0.612, place 90: 78 too low`."""
    side = "high" if image.error > 0 else "low"
    off = f"{abs(image.error)} too {side}" if image.error else "as people do"
    return f"{plain(images.id)} {_number(images, image)}, place {image.pred_place}: {off}"


def _number(images: RowImages, image: RowImage) -> str:
    """On the scale of the opinions."""
    return minus(f"{image.pred:.3g}") if images.has_scale else "without a scale"


def _given_words(images: RowImages, image: RowImage) -> str:
    """`F3 gave s1 −42.9, s2 −40.1`: before any fit."""
    pairs = zip(images.run_words(), image.preds, strict=True)
    given = ", ".join(f"{words} {pred:.4g}" for words, pred in pairs if not math.isnan(pred))
    return f"{plain(images.id)} gave {minus(given)}"


def minus(text: str) -> str:
    """With the sign that is as wide as a plus."""
    return text.replace("-", "−")
