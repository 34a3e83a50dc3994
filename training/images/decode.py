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
from training.images.store import Pixels

DONE = "done"
"""How many images the maker has decoded, for the runs that wait."""
WAIT_SECONDS = 0.5
AHEAD = 4
"""Images decoded and not yet written, for each thread: bounds the memory."""
SYNC_BYTES = 256 << 20
"""Written before the disk is waited for: progress then tells the truth, and a power cut leaves no cache with holes."""
Progress = Callable[[int, int], None]


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

    @property
    def total_bytes(self) -> int:
        return sum(height * width * 3 for height, width in self.sizes)


def decode(dataset: Dataset, item: Item, smallest_side: int) -> Pixels:
    """One image at its size: (H, W, 3).

    Raises:
        BadData: the file is gone or damaged.
    """
    try:
        image = dataset.decode(item)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadData(f"{item.path}: cannot be read as an image ({error}); named in {item.where}") from error
    height, width = dataset.sizing.size_for(image.height, image.width, smallest_side)
    if (height, width) != (image.height, image.width):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return np.ascontiguousarray(image, dtype=np.uint8)


def decode_all(file: BinaryIO, pool: ThreadPoolExecutor, job: Job) -> Index:
    """Write the pixels of every image, one after another in the order of the data set.

    Raises:
        BadData: an image is gone or damaged.
        OSError: the file cannot be written.
        Stopped: the user asked the run to stop.
    """
    index = Index([], [])
    waiting: list[Future[Pixels]] = []
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
        pixels = waiting.pop(0).result()
        file.write(pixels.data)
        index.sizes.append((pixels.shape[0], pixels.shape[1]))
        index.checksums.append(zlib.crc32(pixels.data))
        unsynced += pixels.nbytes
        if unsynced > SYNC_BYTES:
            os.fdatasync(file.fileno())
            unsynced = 0
        job.on_progress(len(index.sizes), job.count)
        if time.monotonic() >= told + WAIT_SECONDS:
            told = time.monotonic()
            Path(file.name).with_name(DONE).write_text(str(len(index.sizes)))
    return index
