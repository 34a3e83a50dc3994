"""Appends decoded images to packs of the cache, so that a run that is killed keeps what it has decoded."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Container, Iterator
from dataclasses import replace
from pathlib import Path

from training.images.store import Pixels, share
from training.runfolder.errors import UnreadableFile
from training.runfolder.image_packs import (
    OTHERS_WRITE,
    PIXELS,
    RECORD_BYTES,
    About,
    ImageRecord,
    Pack,
    about_bytes,
    read_about,
    read_records,
    record_bytes_of,
)
from training.runfolder.image_room import make_room
from training.runfolder.opening import open_regular
from training.runfolder.write import write_atomic

PACK_BYTES = 1 << 30
"""A pack that is longer gets no more images: packs are deleted whole, and a large one would take much with it."""
FLUSH_BYTES = 64 << 20
FLUSH_SECONDS = 0.5
"""Images written before the disk is waited for and they are recorded: what a run that is killed loses at most."""
NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class NoRoom(Exception):
    """No further image may be written; the text says why."""


class Packer:
    """The one writer of the packs of a name; a process that makes one holds the lock of that name."""

    def __init__(self, cache: Path, base: Path, about: About, avoided: Container[Path] = ()) -> None:
        """
        Args:
            cache: the folder of decoded images.
            base: path of the packs without their number.
            about: whose images they are.
            avoided: stems of packs that are damaged.

        Raises:
            OSError: the folder cannot be written.
        """
        self.kept: set[int] = set()
        """Numbers of the images that are in a pack, so that every run finds them."""
        self._cache = cache
        self._base = base
        self._about = about
        self._avoided = avoided
        self._descriptor = -1
        self._pack: Pack | None = None
        self._end = 0
        self._waiting: list[tuple[int, ImageRecord]] = []
        self._waiting_bytes = 0
        self._flushed = time.monotonic()

    def add(self, number: int, record: ImageRecord, pixels: Pixels) -> None:
        """Append an image; it counts once it is in `kept`.

        Raises:
            NoRoom: the disk is full, or the cache as large as it may be.
            OSError: the file cannot be written.
        """
        if self._pack is None or self._end >= PACK_BYTES:
            self.flush()
            self._open_next(record.size_bytes)
        if self._waiting_bytes == 0:
            self._ask_for_room(max(record.size_bytes, FLUSH_BYTES))
        with self._in_words():
            _write_whole(self._descriptor, pixels.reshape(-1).data, self._end)
        self._waiting.append((number, record._replace(start=self._end)))
        self._end += record.size_bytes
        self._waiting_bytes += record.size_bytes
        self.flush_if_due()

    def flush_if_due(self) -> None:
        """Raises as `flush`."""
        if self._waiting_bytes >= FLUSH_BYTES or time.monotonic() >= self._flushed + FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Record what was written: first the pixels reach the disk, then the records name them.

        Raises:
            NoRoom, OSError: as `add`; what was written since the last time is lost.
        """
        self._flushed = time.monotonic()
        if not self._waiting or self._pack is None:
            return
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        with self._in_words():
            os.fdatasync(self._descriptor)
            descriptor = _closed(open_regular(self._pack.index, os.O_WRONLY | os.O_APPEND | os.O_CREAT))
            try:
                _append_whole(descriptor, b"".join(record_bytes_of(record) for _, record in waiting))
            finally:
                os.close(descriptor)
        self.kept.update(number for number, _ in waiting)

    def close(self) -> None:
        """Record what can be recorded, and let others delete the pack."""
        with contextlib.suppress(OSError, NoRoom):
            self.flush()
        self._let_go()

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor, self._pack, self._end = -1, None, 0

    def _open_next(self, size_bytes: int) -> None:
        """The last pack of this name if it has room, without the torn tail that a killed run left; else a new one."""
        self._let_go()
        last = max((_number(path) for path in self._base.parent.glob(f"{self._base.name}-*{PIXELS}")), default=-1)
        if last >= 0 and self._pack_of(last).stem not in self._avoided and self._continue(self._pack_of(last)):
            return
        self._ask_for_room(size_bytes)
        pack = self._pack_of(last + 1)
        with self._in_words():
            write_atomic(pack.about, about_bytes(self._about))
            self._descriptor = _closed(open_regular(pack.pixels, os.O_RDWR | os.O_CREAT | os.O_EXCL))
        share(self._descriptor)
        self._pack, self._end = pack, 0

    def _pack_of(self, number: int) -> Pack:
        return Pack(self._base.with_name(f"{self._base.name}-{number}"), os.geteuid())

    def _continue(self, pack: Pack) -> bool:
        records = list(read_records(pack))
        end = max((record.end for record in records), default=0)
        is_damaged = pack.images > len(records)
        if end >= PACK_BYTES or is_damaged:
            return False
        try:
            descriptor = open_regular(pack.pixels, os.O_RDWR)
        except (OSError, UnreadableFile):
            return False
        share(descriptor)
        if not os.fstat(descriptor).st_nlink:  # deleted meanwhile
            os.close(descriptor)
            return False
        self._descriptor, self._pack, self._end = descriptor, pack, end
        with self._in_words():
            os.ftruncate(descriptor, end)  # no record names what lies beyond, so no process looks there
            if pack.index.exists():
                os.truncate(pack.index, len(records) * RECORD_BYTES)
            self._name_data_sets(pack)
        return True

    def _name_data_sets(self, pack: Pack) -> None:
        before = read_about(pack)
        names = [*before.datasets, *(name for name in self._about.datasets if name not in before.datasets)]
        if names != before.datasets:
            write_atomic(pack.about, about_bytes(replace(self._about, datasets=names)))

    def _ask_for_room(self, size_bytes: int) -> None:
        spared = () if self._pack is None else (self._pack.stem,)
        if why := make_room(self._cache, size_bytes, spared):
            raise NoRoom(why)

    @contextlib.contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in NO_SPACE:
                raise
            raise NoRoom(f"{self._cache}: {error.strerror}") from error


def _number(path: Path) -> int:
    """Of a pack; -1 for another file."""
    text = path.name.removesuffix(PIXELS).rpartition("-")[2]
    return int(text) if text.isdecimal() else -1


def _closed(descriptor: int) -> int:
    """The same file; others may not write it, whatever an access list of the folder gives them."""
    with contextlib.suppress(OSError):
        os.fchmod(descriptor, os.fstat(descriptor).st_mode & 0o7777 & ~OTHERS_WRITE)
    return descriptor


def _write_whole(descriptor: int, content: memoryview, start: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, start)
        content, start = content[written:], start + written


def _append_whole(descriptor: int, content: bytes) -> None:
    """All or nothing: half a record would end every later reading of the index."""
    before = os.fstat(descriptor).st_size
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, before)
        raise
