"""Decoded images in one memory-mapped file: decoded once for all runs, then read through the page cache.

A cache is a folder named by a key over everything its pixels depend on. It is made aside and renamed, under a lock,
so that of several runs that start at once one makes it and the others wait.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import PIL
from PIL import Image

from training.datasets.base import Dataset, Item
from training.errors import BadData, Stopped
from training.runfolder.lock import take_lock
from training.runfolder.schema import LockHeld

VERSION = 1
"""Part of the key: grows when the same files would give other pixels."""
PIXELS = "pixels.u8"
INDEX = "index.json"
WAIT_SECONDS = 0.5
AHEAD = 4
"""Images decoded and not yet written, for each thread: bounds the memory."""

Pixels = npt.NDArray[np.uint8]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImageStore:
    """The images of one data set, by number in `Dataset.items`."""

    pixels: npt.NDArray[np.uint8]
    """All images end to end, memory-mapped."""
    offsets: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...]
    """Height and width of each."""

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, number: int) -> Pixels:
        """(H, W, 3) view; nothing is copied."""
        height, width = self.sizes[number]
        start = self.offsets[number]
        return self.pixels[start : start + height * width * 3].reshape(height, width, 3)


def cache_root() -> Path:
    """`$IQA_TUI_CACHE`, else `$XDG_CACHE_HOME/iqa-tui`, else `~/.cache/iqa-tui`."""
    if chosen := os.environ.get("IQA_TUI_CACHE"):
        return Path(chosen).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "iqa-tui"


def open_images(
    dataset: Dataset, smallest_side: int, *, threads: int, on_progress: Progress, should_stop: Callable[[], bool]
) -> ImageStore:
    """The decoded images, from the cache where it has them.

    Args:
        dataset: whose images.
        smallest_side: no side is left shorter than this.
        threads: that decode.
        on_progress: told how many of how many images are decoded.
        should_stop: asked between images.

    Raises:
        BadData: an image cannot be read, or the disk has no room; the text names it.
        Stopped: asked to.
    """
    folder = cache_root() / cache_key(dataset, smallest_side)
    if not (folder / INDEX).is_file():
        _make_once(folder, dataset, smallest_side, threads, on_progress, should_stop)
    return _open(folder)


def cache_key(dataset: Dataset, smallest_side: int) -> str:
    """Follows files (path, size, time of change), order, recipe and sizing."""
    digest = hashlib.sha256(repr((VERSION, PIL.__version__, dataset.sizing, smallest_side)).encode())
    for item in dataset.items:
        state = item.path.stat()
        digest.update(repr((str(item.path.resolve()), state.st_size, state.st_mtime_ns, item.recipe)).encode())
    return f"{dataset.name}-{digest.hexdigest()[:24]}"


def _make_once(
    folder: Path,
    dataset: Dataset,
    smallest_side: int,
    threads: int,
    on_progress: Progress,
    should_stop: Callable[[], bool],
) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = _wait_for_lock(folder.with_name(f"{folder.name}.lock"), should_stop)
    except OSError as error:
        raise BadData(f"the image cache {folder.parent} cannot be written ({error}); set IQA_TUI_CACHE") from error
    try:
        if not (folder / INDEX).is_file():
            _make(folder, dataset, smallest_side, threads, on_progress, should_stop)
    finally:
        os.close(lock)


def _wait_for_lock(path: Path, should_stop: Callable[[], bool]) -> int:
    while True:
        try:
            return take_lock(path)
        except LockHeld:
            if should_stop():
                raise Stopped("stopped while another run decoded the images") from None
            time.sleep(WAIT_SECONDS)


def _make(
    folder: Path,
    dataset: Dataset,
    smallest_side: int,
    threads: int,
    on_progress: Progress,
    should_stop: Callable[[], bool],
) -> None:
    aside = folder.with_name(f"{folder.name}.making")  # ours alone under the lock; what a dead maker left is replaced
    shutil.rmtree(aside, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        aside.mkdir()
        with (aside / PIXELS).open("wb") as file, ThreadPoolExecutor(threads) as pool:
            sizes = _decode_all(file, pool, dataset, smallest_side, threads, on_progress, should_stop)
        (aside / INDEX).write_text(json.dumps(sizes))
        aside.replace(folder)
    except OSError as error:
        free = shutil.disk_usage(folder.parent).free / 2**30
        raise BadData(
            f"the image cache {folder} cannot be written ({error.strerror or error}; {free:.1f} GiB free): make room, "
            "or set IQA_TUI_CACHE to a folder with more"
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _decode_all(
    file: BinaryIO,
    pool: ThreadPoolExecutor,
    dataset: Dataset,
    smallest_side: int,
    threads: int,
    on_progress: Progress,
    should_stop: Callable[[], bool],
) -> list[tuple[int, int]]:
    sizes: list[tuple[int, int]] = []
    waiting: list[Future[Pixels]] = []
    items = iter(dataset.items)
    total = len(dataset.items)
    while len(sizes) < total:
        for item in items:
            waiting.append(pool.submit(decode, dataset, item, smallest_side))
            if len(waiting) >= AHEAD * threads:
                break
        if should_stop():
            pool.shutdown(cancel_futures=True)
            raise Stopped("stopped while the images were decoded")
        pixels = waiting.pop(0).result()
        file.write(pixels.tobytes())
        sizes.append((pixels.shape[0], pixels.shape[1]))
        on_progress(len(sizes), total)
    return sizes


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
    return np.asarray(image, dtype=np.uint8)


def _open(folder: Path) -> ImageStore:
    sizes: Sequence[Sequence[int]] = json.loads((folder / INDEX).read_text())
    lengths = [height * width * 3 for height, width in sizes]
    offsets = [0]
    for length in lengths:
        offsets.append(offsets[-1] + length)
    pixels = np.memmap(folder / PIXELS, dtype=np.uint8, mode="r")
    return ImageStore(pixels, tuple(offsets[:-1]), tuple((height, width) for height, width in sizes))
