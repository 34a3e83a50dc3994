"""The decoded images of one data set, read through the page cache; this process keeps a bounded part of them."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.datasets.base import Dataset
from training.errors import BadData

Pixels = npt.NDArray[np.uint8]
KEPT_BYTES = 256 << 20
"""Images handed out before their pages are given back: pages of a mapped file count as memory of every process that
looked at them, so an epoch would seem to fill the machine with the whole data set."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What decoding did to images that a reader of their scores must know: their numbers in `Dataset.items`."""

    transparent: tuple[int, ...] = ()
    """Had pixels that were not opaque."""
    shrunk: tuple[int, ...] = ()
    """Had a short side beyond `Sizing.largest_short_side`."""

    def notes(self, dataset: Dataset) -> tuple[str, ...]:
        total = len(dataset.items)
        notes = []
        if self.transparent:
            first = dataset.items[self.transparent[0]].name
            notes.append(
                f"{dataset.name}: {len(self.transparent):,} of {total:,} images have transparent pixels, which are "
                f"shown on white; the first is {first}"
            )
        if self.shrunk:
            notes.append(
                f"{dataset.name}: {len(self.shrunk):,} of {total:,} images were shrunk to a short side of "
                f"{dataset.sizing.largest_short_side} pixels before crops were cut"
                + ("; --resize none leaves them as they are" if dataset.name == "csv" else "")
            )
        return tuple(notes)


class ImageStore:
    """The images of one data set, by number in `Dataset.items`."""

    def __init__(
        self,
        pixels: Pixels,
        sizes: Sequence[tuple[int, int]],
        mapping: mmap.mmap | None = None,
        changes: Changes = Changes(),
    ) -> None:
        """
        Args:
            pixels: all images end to end.
            sizes: height and width of each.
            mapping: the file behind `pixels`; None if they lie in memory.
            changes: what decoding did to them.
        """
        self.pixels = pixels
        self.sizes = sizes
        self.changes = changes
        self._offsets = list(accumulate((height * width * 3 for height, width in sizes), initial=0))
        self._mapping = mapping
        self._handed_out = 0

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, number: int) -> Pixels:
        """(H, W, 3) view; nothing is copied.

        Raises:
            BadData: the file was cut short since it was opened; touching a missing page would kill the process.
        """
        height, width = self.sizes[number]
        start, end = self._offsets[number : number + 2]
        if self._mapping is not None and self._mapping.size() < end:
            raise BadData(
                "the image cache was cut short while it was read: --resume makes it anew and goes on; to make room, "
                "delete whole caches and only between runs"
            )
        self._count(end - start)
        return self.pixels[start:end].reshape(height, width, 3)

    def _count(self, size_bytes: int) -> None:
        """Give pages back now and then. They stay in the page cache, from which a view gets them again."""
        self._handed_out += size_bytes
        if self._mapping is not None and self._handed_out > KEPT_BYTES:
            self._handed_out = size_bytes
            self._mapping.madvise(mmap.MADV_DONTNEED)


def map_images(path: Path, sizes: Sequence[tuple[int, int]], changes: Changes = Changes()) -> ImageStore:
    """The images in a file of nothing but pixels.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is empty.
    """
    with path.open("rb") as file:
        mapping = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return ImageStore(np.frombuffer(mapping, dtype=np.uint8), sizes, mapping, changes)
