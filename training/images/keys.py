"""By what an image file is known in the cache: where it lies, and that nothing of it has changed."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from typing import NamedTuple

import PIL

from training.datasets.base import Item
from training.datasets.labels.files import states_of
from training.errors import BadData

VERSION = 4
"""Part of the key: grows when the same files would give other pixels."""
KEY_BYTES = 16
TICK_SECONDS = 0.02
"""A file that is written twice within it may have one time stamp: the kernel's clock ticks every 10 ms or sooner."""
COARSE_TICK_SECONDS = 2.0
"""As above, of file systems that count whole seconds."""
TRIES = 3


class FileKey(NamedTuple):
    """An image file as it was."""

    key: bytes
    owner: int
    """User id."""


def keys_of(items: Sequence[Item]) -> list[FileKey]:
    """Of each image file as it is now.

    Raises:
        BadData: a file is gone.
    """
    paths = [str(item.path) for item in items]
    folders = {folder: os.path.realpath(folder) for folder in {os.path.dirname(path) for path in paths}}  # noqa: PTH120 - of 10,000
    keys = []
    for item, path, state in zip(items, paths, states_of(paths), strict=True):
        if state is None:
            raise _is_gone(item)
        folder, name = os.path.split(path)
        place = os.path.join(folders[folder], name)  # noqa: PTH118 - as above
        keys.append(FileKey(_key(place, state, item), state.st_uid))
    return keys


def settled_key(item: Item) -> bytes:
    """Of an image file that is about to be read: waits until a later change of it would get a later time stamp.

    Raises:
        BadData: it is gone.
    """
    for _ in range(TRIES):
        try:
            state = os.stat(item.path)  # noqa: PTH116 - as in `states_of`
        except OSError:
            raise _is_gone(item) from None
        tick = TICK_SECONDS if state.st_ctime_ns % 1_000_000_000 else COARSE_TICK_SECONDS
        left = state.st_ctime + tick - time.time()
        if not 0 < left <= tick:  # older, or by a clock that is ahead of ours
            break
        time.sleep(left)
    path = os.path.join(os.path.realpath(item.path.parent), item.path.name)  # noqa: PTH118 - a link in its place stays
    return _key(path, state, item)


def _key(path: str, state: os.stat_result, item: Item) -> bytes:
    """The time of change (ctime) is set by the kernel alone: `touch -r`, `cp -p` and `rsync -t` cannot turn it back."""
    told = (VERSION, PIL.__version__, path, state.st_size, state.st_mtime_ns, state.st_ctime_ns, item.recipe)
    return hashlib.sha256(repr(told).encode(errors="surrogateescape")).digest()[:KEY_BYTES]


def _is_gone(item: Item) -> BadData:
    return BadData(f"{item.path}: no such image any more, named in {item.where}. Check --data_path")
