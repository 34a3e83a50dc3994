"""The decoded images of one data set, read through the page cache; this process keeps a bounded part of them."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.datasets.base import Dataset
from training.errors import BadData
from training.runfolder.errors import UnreadableFile
from training.runfolder.image_packs import CHANNELS, Pack, open_owned
from training.runfolder.lock import PROBE_SECONDS

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
    uncached: str = ""
    """Why some images are in no cache, in words; empty if all are."""

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
        return (*notes, *([f"{dataset.name}: {self.uncached}"] if self.uncached else []))


class Part:
    """Images end to end: in memory, or in a file that is mapped."""

    def __init__(self, pixels: Pixels, mapping: mmap.mmap | None = None) -> None:
        """
        Args:
            pixels: of all its images.
            mapping: the file behind `pixels`; None if they lie in memory.
        """
        self.pixels = pixels
        self._mapping = mapping

    def __len__(self) -> int:
        return len(self.pixels)

    def view(self, start: int, height: int, width: int) -> Pixels:
        """(H, W, 3); nothing is copied.

        Raises:
            BadData: the file was cut short since it was opened; touching a missing page would kill the process.
        """
        end = start + height * width * CHANNELS
        if self._mapping is not None and self._mapping.size() < end:
            raise BadData(
                "the image cache was cut short while it was read: --resume makes it anew and goes on; to make room, "
                "`iqa-tui cache prune` deletes what no run uses"
            )
        return self.pixels[start:end].reshape(height, width, CHANNELS)

    def give_back(self) -> None:
        """Its pages stay in the page cache, from which a view gets them again."""
        if self._mapping is not None:
            self._mapping.madvise(mmap.MADV_DONTNEED)


def map_part(path: Path) -> Part:
    """A file of nothing but pixels.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is empty.
    """
    with path.open("rb") as file:
        return _mapped(file.fileno())


def map_pack(pack: Pack) -> Part | None:
    """The pixels of a pack, which no process deletes as long as the part lives; None if it was deleted meanwhile, or if
    others may write it.
    """
    try:
        descriptor = open_owned(pack, pack.pixels)
    except (OSError, UnreadableFile):
        return None
    try:
        share(descriptor)
        return _mapped(descriptor) if os.fstat(descriptor).st_nlink else None
    except (OSError, ValueError):
        return None
    finally:
        os.close(descriptor)


def share(descriptor: int) -> None:
    """Keep every process from deleting this file until the last copy of the descriptor is closed; the map of a file
    keeps one. On a file system without locks nothing is held, and nothing deleted either.
    """
    deadline = time.monotonic() + PROBE_SECONDS
    with contextlib.suppress(OSError):
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:  # asked whether it is in use, or being deleted
                if time.monotonic() >= deadline:
                    return
                time.sleep(0.01)
            else:
                return


def _mapped(descriptor: int) -> Part:
    mapping = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    return Part(np.frombuffer(mapping, dtype=np.uint8), mapping)


@dataclass(frozen=True, slots=True)
class Place:
    """The place of one image."""

    part: Part | None
    """None: it is decoded whenever it is asked for."""
    start: int
    height: int
    width: int


class ImageStore:
    """The images of one data set, by number in `Dataset.items`."""

    def __init__(
        self,
        places: Sequence[Place],
        changes: Changes = Changes(),
        decode: Callable[[int], Pixels] | None = None,
    ) -> None:
        """
        Args:
            places: of each image.
            changes: what decoding did to them.
            decode: gives the pixels of an image that has no part.
        """
        self.places = places
        self.changes = changes
        self._decode = decode
        self._parts = {id(place.part): place.part for place in places if place.part is not None}
        self._handed_out = 0

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Height and width of each."""
        return [(place.height, place.width) for place in self.places]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, number: int) -> Pixels:
        """(H, W, 3), a view if the image lies in a part.

        Raises:
            BadData: the file was cut short since it was opened, or an image that is in no cache has changed.
        """
        place = self.places[number]
        if place.part is None:
            assert self._decode is not None
            return self._decode(number)
        pixels = place.part.view(place.start, place.height, place.width)
        self._count(pixels.nbytes)
        return pixels

    def _count(self, size_bytes: int) -> None:
        """Give pages back now and then."""
        self._handed_out += size_bytes
        if self._handed_out > KEPT_BYTES:
            self._handed_out = size_bytes
            for part in self._parts.values():
                part.give_back()


def end_to_end(part: Part, sizes: Sequence[tuple[int, int]]) -> ImageStore:
    """Images of these heights and widths that follow one another in one part."""
    starts = accumulate((height * width * CHANNELS for height, width in sizes), initial=0)
    places = [Place(part, start, height, width) for start, (height, width) in zip(starts, sizes, strict=False)]
    return ImageStore(places)
