"""From image files to pixels: one image, or all of a data set into one file, in threads."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image

from training.datasets.base import Dataset, Item
from training.errors import BadData, Stopped
from training.images.store import Changes, Pixels

DONE = "done"
"""How many images the maker has decoded, for the runs that wait."""
WAIT_SECONDS = 0.5
AHEAD = 4
"""Images decoded and not yet written, for each thread: bounds the memory."""
SYNC_BYTES = 256 << 20
"""Written before the disk is waited for: progress then tells the truth, and a power cut leaves no cache with holes."""
MOST_ENLARGED_PIXELS = 1 << 24
"""No image is enlarged beyond this for its short side to hold a crop: 9,000 × 2 pixels would become 677 MB in each
thread."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Decoded:
    """One image at its size, and what was done to it."""

    pixels: Pixels
    """(H, W, 3)."""
    was_transparent: bool
    was_shrunk: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A request to the cache, and how its caller is told and asked."""

    dataset: Dataset
    smallest_side: int
    threads: int
    on_progress: Progress
    should_stop: Callable[[], bool]

    @property
    def count(self) -> int:
        return len(self.dataset.items)


@dataclass(slots=True)
class Index:
    """The place of each image in the file of pixels. Stored as JSON."""

    sizes: list[tuple[int, int]]
    """Height and width of each image."""
    checksums: list[int]
    """CRC-32 of each image's bytes."""
    transparent: list[int]
    shrunk: list[int]
    """Numbers of images, see `Changes`."""

    @property
    def total_bytes(self) -> int:
        return sum(height * width * 3 for height, width in self.sizes)

    @property
    def changes(self) -> Changes:
        return Changes(tuple(self.transparent), tuple(self.shrunk))

    def add(self, decoded: Decoded) -> None:
        number = len(self.sizes)
        self.sizes.append((decoded.pixels.shape[0], decoded.pixels.shape[1]))
        self.checksums.append(zlib.crc32(decoded.pixels.data))
        if decoded.was_transparent:
            self.transparent.append(number)
        if decoded.was_shrunk:
            self.shrunk.append(number)


def decode(dataset: Dataset, item: Item, smallest_side: int) -> Decoded:
    """One image at its size.

    Raises:
        BadData: the file is gone or damaged, its pixels have no known range, or its shape is too long for a crop.
    """
    picture = dataset.picture(item)
    image = picture.rgb
    height, width = dataset.sizing.size_for(image.height, image.width, smallest_side)
    if height * width > max(MOST_ENLARGED_PIXELS, image.height * image.width):
        raise BadData(
            f"{item.path}: is {image.width} × {image.height} pixels; for crops of {smallest_side} it would have to "
            f"grow to {width:,} × {height:,}; leave it out, or take a smaller --patch_size; named in {item.where}"
        )
    is_shrunk = dataset.sizing.exact is None and height < image.height
    if (height, width) != (image.height, image.width):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return Decoded(np.ascontiguousarray(image, dtype=np.uint8), picture.was_transparent, is_shrunk)


def decode_all(file: BinaryIO, pool: ThreadPoolExecutor, job: Job) -> Index:
    """Write the pixels of every image, one after another in the order of the data set.

    Raises:
        BadData: an image is gone or damaged.
        OSError: the file cannot be written.
        Stopped: the user asked the run to stop.
    """
    index = Index([], [], [], [])
    waiting: list[Future[Decoded]] = []
    items = iter(job.dataset.items)
    unsynced = 0
    told = -WAIT_SECONDS
    while len(index.sizes) < job.count:
        for item in items:
            waiting.append(pool.submit(decode, job.dataset, item, job.smallest_side))
            if len(waiting) >= AHEAD * job.threads:
                break
        if job.should_stop():
            pool.shutdown(cancel_futures=True)
            raise Stopped("stopped while the images were decoded")
        decoded = waiting.pop(0).result()
        file.write(decoded.pixels.data)
        index.add(decoded)
        unsynced += decoded.pixels.nbytes
        if unsynced > SYNC_BYTES:
            os.fdatasync(file.fileno())
            unsynced = 0
        job.on_progress(len(index.sizes), job.count)
        if time.monotonic() >= told + WAIT_SECONDS:
            told = time.monotonic()
            Path(file.name).with_name(DONE).write_text(str(len(index.sizes)))
    return index
