"""The layout of the image cache, which the trainer writes and the app lists: packs of decoded images, a folder a user.

    CACHE/u1000/0f3a…-0.u8       pixels of many images end to end, only ever appended to
    CACHE/u1000/0f3a…-0.index    a record of fixed length an image, appended once its pixels are on the disk
    CACHE/u1000/0f3a…-0.json     whose images they are, for listings; its time of change is when it was last used
    CACHE/u1000/0f3a….lock       held by the run that decodes images of this folder at this size

A pack belongs to the user in whose folder it lies, who alone may write it; a pack that others may write does not count.
A reader holds a shared lock on the pixels as long as it maps them; a process that holds the exclusive one may delete.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

from training.runfolder.errors import UnreadableFile
from training.runfolder.opening import open_regular

PIXELS, INDEX, ABOUT = ".u8", ".index", ".json"
USER = re.compile(r"u(\d{1,10})")
CHANNELS = 3
WAS_TRANSPARENT = 1
"""A bit of `ImageRecord.flags`: the file had pixels that were not opaque."""
LARGEST_INDEX_BYTES = 64 << 20
"""No more is read of what another user may have written; an index of a million images is as long."""
LARGEST_ABOUT_BYTES = 64 << 10
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class ImageRecord(NamedTuple):
    """One decoded image of a pack."""

    key: bytes
    """Of the image file as it was when it was decoded, 16 bytes."""
    native_height: int
    native_width: int
    """Before it was resized."""
    height: int
    width: int
    start: int
    """The byte at which its pixels begin in the pack's file."""
    checksum: int
    """CRC-32 of its pixels."""
    flags: int

    @property
    def size_bytes(self) -> int:
        return self.height * self.width * CHANNELS

    @property
    def end(self) -> int:
        return self.start + self.size_bytes


_LAYOUT = struct.Struct("<16s4IQ2I")
_CHECK = struct.Struct("<I")
RECORD_BYTES = _LAYOUT.size + _CHECK.size


@dataclass(frozen=True, slots=True)
class About:
    """Whose images a pack holds. Only listings read it."""

    datasets: list[str]
    """Names of the data sets for which they were decoded."""
    folder: str
    """In which the image files lie."""
    sizing: str
    """To what they were brought, in words."""


@dataclass(frozen=True, slots=True)
class Pack:
    """The files of one pack."""

    stem: Path
    """Their path without an ending."""
    owner: int
    """User id."""

    @property
    def pixels(self) -> Path:
        return self.stem.with_name(self.stem.name + PIXELS)

    @property
    def index(self) -> Path:
        return self.stem.with_name(self.stem.name + INDEX)

    @property
    def about(self) -> Path:
        return self.stem.with_name(self.stem.name + ABOUT)

    @property
    def size_bytes(self) -> int:
        return sum(_size_of(path) for path in (self.pixels, self.index))

    @property
    def images(self) -> int:
        return _size_of(self.index) // RECORD_BYTES

    @property
    def last_used(self) -> float:
        """Unix seconds; 0 if it is not known."""
        for path in (self.about, self.index):
            with contextlib.suppress(OSError):
                return path.stat().st_mtime
        return 0.0


def cache_folder(environment: Mapping[str, str] | None = None) -> Path:
    """The folder of decoded images: `$IQA_TUI_CACHE`, else `$XDG_CACHE_HOME/iqa-tui`, else `~/.cache/iqa-tui`."""
    names = os.environ if environment is None else environment
    if chosen := names.get("IQA_TUI_CACHE"):
        return Path(chosen).expanduser()
    return Path(names.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "iqa-tui"


def own_folder(cache: Path) -> Path:
    """The one folder of the cache into which this user's processes write."""
    return cache / f"u{os.geteuid()}"


def packs_of(folder: Path) -> list[Pack]:
    """The packs of one user's folder, in the order of their names; [] if its owner is another user than its name says,
    or if others may write it.
    """
    found = USER.fullmatch(folder.name)
    try:
        state = folder.lstat()
        if found is None or not stat.S_ISDIR(state.st_mode) or state.st_uid != int(found[1]):
            return []
        if state.st_mode & OTHERS_WRITE:
            return []
        names = sorted(name.removesuffix(INDEX) for name in os.listdir(folder) if name.endswith(INDEX))  # noqa: PTH208
    except OSError:
        return []
    return [Pack(folder / name, state.st_uid) for name in names]


def all_packs(cache: Path) -> list[Pack]:
    """Those of this user first, then those of others."""
    own = own_folder(cache)
    try:
        names = sorted(os.listdir(cache))  # noqa: PTH208 - pathlib's are slower
    except OSError:
        return []
    others = [cache / name for name in names if USER.fullmatch(name) and name != own.name]
    return [pack for folder in (own, *others) for pack in packs_of(folder)]


def record_bytes_of(record: ImageRecord) -> bytes:
    """What stands in the index, with a checksum at its end."""
    packed = _LAYOUT.pack(*record)
    return packed + _CHECK.pack(zlib.crc32(packed))


def read_records(pack: Pack) -> Iterator[ImageRecord]:
    """The images of a pack up to the first record that is torn, or whose pixels are missing; none if there is no pack
    that only its owner may write.
    """
    try:
        content = _read_owned(pack, pack.index)
        available = pack.pixels.lstat().st_size
    except (OSError, UnreadableFile):
        return
    for start in range(0, len(content) - RECORD_BYTES + 1, RECORD_BYTES):
        packed = content[start : start + _LAYOUT.size]
        (check,) = _CHECK.unpack_from(content, start + _LAYOUT.size)
        if zlib.crc32(packed) != check:
            return
        record = ImageRecord(*_LAYOUT.unpack(packed))
        if record.end > available:
            return
        yield record


def open_owned(pack: Pack, path: Path) -> int:
    """Open a file of a pack for reading.

    Raises:
        UnreadableFile: it is no file, not the owner's, or others may write it.
        OSError: it is gone, or may not be read.
    """
    descriptor = open_regular(path)
    state = os.fstat(descriptor)
    if state.st_uid != pack.owner or state.st_mode & OTHERS_WRITE:
        os.close(descriptor)
        raise UnreadableFile(f"{path}: others than the owner of its folder may write it. Delete it.")
    return descriptor


def _read_owned(pack: Pack, path: Path) -> bytes:
    with open(open_owned(pack, path), "rb") as file:
        return file.read(LARGEST_INDEX_BYTES)


def read_about(pack: Pack) -> About:
    """What is told of a pack; empty texts if it cannot be read."""
    try:
        content = json.loads(_read_owned(pack, pack.about)[:LARGEST_ABOUT_BYTES])
        return About([str(name) for name in content["datasets"]], str(content["folder"]), str(content["sizing"]))
    except (OSError, UnreadableFile, ValueError, TypeError, KeyError):
        return About([], "", "")


def about_bytes(about: About) -> bytes:
    """What stands in the file."""
    return json.dumps(asdict(about)).encode() + b"\n"


def _size_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0
