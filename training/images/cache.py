"""Decoded images in one memory-mapped file: decoded once for all runs, then read through the page cache.

A cache is a folder named by a key over everything its pixels depend on. It is made aside and renamed, under a lock,
so that of several runs that start at once one makes it and the others wait; one of them goes on if that one dies.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import PIL

from training.config import TrainConfig
from training.datasets.base import Dataset
from training.datasets.labels.files import states_of
from training.errors import BadData, Stopped
from training.images.decode import DONE, WAIT_SECONDS, Index, Job, Progress, decode_all
from training.images.store import ImageStore, map_images
from training.runfolder.errors import LockHeld
from training.runfolder.lock import take_lock
from training.runfolder.write import sync_folder, write_atomic

VERSION = 3
"""Part of the key: grows when the same files would give other pixels, or another index."""
PIXELS = "pixels.u8"
INDEX = "index.json"
LOOKED_AT = 16
"""Images whose checksums are compared when a cache is opened, spread evenly; checking all would read the whole file."""


class Damaged(Exception):
    """A cache that is not what its maker wrote; it is made anew."""


def open_images(
    dataset: Dataset, smallest_side: int, *, threads: int, on_progress: Progress, should_stop: Callable[[], bool]
) -> ImageStore:
    """The decoded images, from the cache if they are there.

    Args:
        dataset: whose images.
        smallest_side: no side is left shorter than this.
        threads: that decode.
        on_progress: called with how many of how many images are decoded, by this process or the one it waits for.
        should_stop: called between images.

    Raises:
        BadData: an image cannot be read, or the disk has no room; the text names it.
        Stopped: asked to.
    """
    job = Job(dataset, smallest_side, threads, on_progress, should_stop)
    folder = TrainConfig.cache_folder() / cache_key(dataset, smallest_side)
    try:
        return _open(folder, job.count)
    except Damaged:
        return _make_once(folder, job)


def cache_key(dataset: Dataset, smallest_side: int) -> str:
    """Changes with the files (path, size, time of change), their order, recipe and sizing.

    Raises:
        BadData: a file is gone.
    """
    digest = hashlib.sha256(repr((VERSION, PIL.__version__, dataset.sizing, smallest_side)).encode())
    paths = [str(item.path) for item in dataset.items]
    folders = {folder: os.path.realpath(folder) for folder in {os.path.dirname(path) for path in paths}}  # noqa: PTH120 - of 10,000
    for item, path, state in zip(dataset.items, paths, states_of(paths), strict=True):
        if state is None:
            raise BadData(f"{path}: no such image any more, named in {item.where}. Check --data_path")
        folder, name = os.path.split(path)
        digest.update(repr((folders[folder], name, state.st_size, state.st_mtime_ns, item.recipe)).encode())
    return f"{dataset.name}-{digest.hexdigest()[:24]}"


def _open(folder: Path, count: int) -> ImageStore:
    """The cache in `folder`, after a look at whether it is whole.

    Raises:
        Damaged: absent, or not what was written: too short, of another number of images, of other bytes.
    """
    try:
        index = _read_index(folder / INDEX)
        found_bytes = (folder / PIXELS).stat().st_size
        if len(index.sizes) != count or len(index.checksums) != count or found_bytes != index.total_bytes:
            raise Damaged(f"{folder} holds {len(index.sizes)} images in {found_bytes} bytes")
        store = map_images(folder / PIXELS, index.sizes, index.changes)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Damaged(f"{folder}: {error}") from error
    for number in {round(place) for place in np.linspace(0, count - 1, LOOKED_AT)}:
        if zlib.crc32(store[number].data) != index.checksums[number]:
            raise Damaged(f"{folder}: image {number} has changed")
    return store


def _read_index(path: Path) -> Index:
    content = json.loads(path.read_text())
    sizes = [(int(height), int(width)) for height, width in content["sizes"]]
    return Index(sizes, content["checksums"], content["transparent"], content["shrunk"])


def _make_once(folder: Path, job: Job) -> ImageStore:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = _wait_for_lock(folder, job)
    except OSError as error:
        raise BadData(f"the image cache {folder.parent} cannot be written ({error}); set IQA_TUI_CACHE") from error
    try:
        with contextlib.suppress(Damaged):
            store = _open(folder, job.count)  # another run made it meanwhile
            job.on_progress(job.count, job.count)
            return store
        _make(folder, job)
        return _open(folder, job.count)
    except Damaged as error:
        raise BadData(
            f"the image cache just made is damaged ({error}): check the disk, or set IQA_TUI_CACHE"
        ) from error
    finally:
        os.close(lock)


def _wait_for_lock(folder: Path, job: Job) -> int:
    """The kernel frees the lock when its holder exits, so a waiting run takes over from a maker that was killed."""
    while True:
        try:
            return take_lock(folder.with_name(f"{folder.name}.lock"))
        except LockHeld:
            if job.should_stop():
                raise Stopped("stopped while another run decoded the images") from None
            with contextlib.suppress(OSError, ValueError):
                job.on_progress(int((_aside(folder) / DONE).read_text()), job.count)
            time.sleep(WAIT_SECONDS)


def _aside(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.making")  # ours alone under the lock


def _make(folder: Path, job: Job) -> None:
    aside = _aside(folder)
    shutil.rmtree(aside, ignore_errors=True)  # left by a maker that was killed
    shutil.rmtree(folder, ignore_errors=True)
    try:
        aside.mkdir()
        with (aside / PIXELS).open("wb") as file, ThreadPoolExecutor(job.threads) as pool:
            index = decode_all(file, pool, job)
            file.flush()
            os.fsync(file.fileno())
        (aside / DONE).unlink(missing_ok=True)
        write_atomic(aside / INDEX, json.dumps(asdict(index)).encode())
        aside.replace(folder)
        sync_folder(folder.parent)
    except OSError as error:
        free = shutil.disk_usage(folder.parent).free / 2**30
        raise BadData(
            f"the image cache {folder} cannot be written ({error.strerror or error}; {free:.1f} GiB free): make room, "
            "or set IQA_TUI_CACHE to a folder with more"
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
