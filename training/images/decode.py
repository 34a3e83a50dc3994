"""From image files to pixels at their size: one image, or many in threads."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np
from PIL import Image

from training.datasets.base import Dataset, Item
from training.errors import BadData, Stopped
from training.images.keys import TRIES, settled_key
from training.images.store import Pixels
from training.runfolder.image_packs import WAS_TRANSPARENT, ImageRecord

WAIT_SECONDS = 0.5
AHEAD = 4
"""Images decoded and not yet taken, for each thread: bounds the memory."""
MOST_ENLARGED_PIXELS = 1 << 24
"""No image is enlarged beyond this for its short side to hold a crop: 9,000 × 2 pixels would become 677 MB in each
thread."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Decoded:
    """One image at its size, and what was done to it."""

    pixels: Pixels
    """(H, W, 3)."""
    native_size: tuple[int, int]
    """Height and width before it was resized."""
    was_transparent: bool


@dataclass(frozen=True, slots=True)
class Job:
    """A request to the cache, and how its caller is told and asked."""

    dataset: Dataset
    smallest_side: int
    threads: int
    on_progress: Progress
    should_stop: Callable[[], bool]
    say: Callable[[str], None]

    @property
    def count(self) -> int:
        return len(self.dataset.items)


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
    native_size = image.height, image.width
    if (height, width) != (image.height, image.width):
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    return Decoded(np.ascontiguousarray(image, dtype=np.uint8), native_size, picture.was_transparent)


def decode_as_it_stands(job: Job, number: int) -> tuple[ImageRecord, Pixels]:
    """One image, and its record with the key of the very file that was read; its place in a pack is 0.

    Raises:
        BadData: as `decode`; or the file changes all the time.
    """
    item = job.dataset.items[number]
    key = settled_key(item)
    for _ in range(TRIES):
        decoded = decode(job.dataset, item, job.smallest_side)
        before, key = key, settled_key(item)
        if key == before:
            flags = WAS_TRANSPARENT if decoded.was_transparent else 0
            height, width, _ = decoded.pixels.shape
            checksum = zlib.crc32(decoded.pixels.data)
            return ImageRecord(key, *decoded.native_size, height, width, 0, checksum, flags), decoded.pixels
    raise BadData(f"{item.path}: changes while it is read; start again once it is written; named in {item.where}")


def decode_many(
    job: Job, numbers: Sequence[int], meanwhile: Callable[[], None]
) -> Iterator[tuple[int, ImageRecord, Pixels]]:
    """Images in their order, decoded ahead in threads.

    Args:
        job: whose images.
        numbers: of the images.
        meanwhile: called now and then while the next one is waited for.

    Raises:
        BadData: an image is gone or damaged.
        Stopped: the user asked the run to stop.
    """
    waiting: list[Future[tuple[ImageRecord, Pixels]]] = []
    upcoming = iter(numbers)
    with ThreadPoolExecutor(job.threads) as pool:
        try:
            for number in numbers:
                while len(waiting) < AHEAD * job.threads and (following := next(upcoming, None)) is not None:
                    waiting.append(pool.submit(decode_as_it_stands, job, following))
                while True:
                    if job.should_stop():
                        raise Stopped("stopped while the images were decoded")
                    if wait(waiting[:1], timeout=WAIT_SECONDS).done:
                        break
                    meanwhile()
                yield number, *waiting.pop(0).result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
