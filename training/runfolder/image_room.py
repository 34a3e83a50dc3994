"""Room in the image cache: how much it may hold, which packs are in use, and what is deleted first.

Only packs of this user are deleted, the least recently used first, and never one that a process has mapped: who maps a
pack holds a shared lock on it, and what cannot be locked counts as in use.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from training.runfolder.errors import LockHeld, UnreadableFile
from training.runfolder.image_packs import PIXELS, Pack, own_folder, packs_of
from training.runfolder.lock import take_lock
from training.runfolder.opening import open_regular

GIB = 1 << 30
LIMIT = "IQA_TUI_CACHE_GIB"
"""The variable that says how large the cache of a user may become."""
PART_OF_DISK = 0.75
"""Without that variable: of what would be free if there were no cache."""
RESERVE_BYTES = GIB // 2
"""Of the disk are left free: checkpoints and logs of this very run may lie on it."""
OLD_INDEX, OLD_PIXELS = "index.json", "pixels.u8"
"""In a folder for each data set, as earlier versions had it."""


@dataclass(frozen=True, slots=True)
class OldCache:
    """A cache of an earlier version, which no program of this version reads."""

    folder: Path
    size_bytes: int
    last_used: float


def used_bytes(cache: Path) -> int:
    """Of this user's packs."""
    return sum(pack.size_bytes for pack in packs_of(own_folder(cache)))


def limit_bytes(cache: Path) -> int:
    """How much this user's packs may hold: `$IQA_TUI_CACHE_GIB`, else three quarters of what the disk has for them.

    Raises:
        ValueError: the variable is no number of GiB.
    """
    told = os.environ.get(LIMIT, "").strip()
    if told:
        gib = float(told)
        if not 0 <= gib < float("inf"):
            raise ValueError(f"{told} is no size")
        return int(gib * GIB)
    return int((_free_bytes(cache) + used_bytes(cache)) * PART_OF_DISK)


def make_room(cache: Path, wanted_bytes: int, spared: Container[Path] = ()) -> str:
    """Delete old caches and packs, the least recently used first, until `wanted_bytes` more may be written.

    Args:
        cache: the folder of decoded images.
        wanted_bytes: that are about to be written.
        spared: stems of packs that stay.

    Returns:
        Why they may not, in words; empty if they may.
    """
    candidates = _deletable(cache, spared)
    while reason := _why_no_room(cache, wanted_bytes):
        if not any(delete() for delete in candidates):
            return reason
    return ""


def _deletable(cache: Path, spared: Container[Path]) -> Iterator[_Deletion]:
    old = sorted(old_caches(cache), key=lambda each: each.last_used)
    packs = sorted(packs_of(own_folder(cache)), key=lambda each: each.last_used)
    yield from (_Deletion(each) for each in old)
    yield from (_Deletion(each) for each in packs if each.stem not in spared)


@dataclass(frozen=True, slots=True)
class _Deletion:
    what: Pack | OldCache

    def __call__(self) -> bool:
        return delete_pack(self.what) if isinstance(self.what, Pack) else delete_old(self.what)


def _why_no_room(cache: Path, wanted_bytes: int) -> str:
    free = _free_bytes(cache)
    if free < wanted_bytes + RESERVE_BYTES:
        return f"the disk of {cache} has {free / GIB:.1f} GiB free"
    limit = limit_bytes(cache)
    if used_bytes(cache) + wanted_bytes > limit:
        source = LIMIT if os.environ.get(LIMIT, "").strip() else "three quarters of what the disk has free"
        return f"the image cache {cache} may hold {limit / GIB:.1f} GiB ({source})"
    return ""


def _free_bytes(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def is_in_use(pack: Pack) -> bool:
    """Whether a process maps the pack or appends to it; True too if that cannot be known."""
    try:
        descriptor = open_regular(pack.pixels)
    except FileNotFoundError:
        return False
    except (OSError, UnreadableFile):
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def delete_pack(pack: Pack) -> bool:
    """Delete a pack of this user, unless a process has it; whether it is gone.

    The index goes first: a process that looks in between finds no pack.
    """
    try:
        descriptor = open_regular(pack.pixels, os.O_RDWR)
    except FileNotFoundError:
        return _unlink(pack)
    except (OSError, UnreadableFile):
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return _unlink(pack)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _unlink(pack: Pack) -> bool:
    try:
        for path in (pack.index, pack.about, pack.pixels):
            path.unlink(missing_ok=True)
    except OSError:
        return False
    return True


def lone_pixels(cache: Path) -> list[Pack]:
    """Packs of this user that have no index: their maker was killed before it wrote one, or while it deleted."""
    own = own_folder(cache)
    try:
        found = [own / path.name.removesuffix(PIXELS) for path in own.glob(f"*{PIXELS}")]
    except OSError:
        return []
    packs = [Pack(stem, os.geteuid()) for stem in found]
    return [pack for pack in packs if not pack.index.exists()]


def old_caches(cache: Path) -> list[OldCache]:
    """What earlier versions left in the folder: a whole cache for each data set, size and limit."""
    found = []
    try:
        folders = [path for path in cache.iterdir() if "-" in path.name and path.is_dir() and not path.is_symlink()]
    except OSError:
        return []
    for folder in folders:
        with contextlib.suppress(OSError):
            if (folder / OLD_PIXELS).exists() and folder.stat().st_uid == os.geteuid():
                parts = [path.stat() for path in folder.iterdir()]
                found.append(
                    OldCache(folder, sum(part.st_size for part in parts), max(part.st_mtime for part in parts))
                )
    return sorted(found, key=lambda each: each.folder.name)


def delete_old(old: OldCache) -> bool:
    """Delete a cache of an earlier version, unless a run of that version is making it; whether it is gone.

    One that a run has mapped stays whole for that run.
    """
    lock = old.folder.with_name(f"{old.folder.name.removesuffix('.making')}.lock")
    try:
        descriptor = take_lock(lock)
    except (LockHeld, UnreadableFile, OSError):
        return False
    try:
        shutil.rmtree(old.folder)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
