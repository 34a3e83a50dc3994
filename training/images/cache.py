"""Decoded images in memory-mapped packs: each decoded once for all runs, then read through the page cache.

An image is known by its file and by the size it was brought to, so splits, limits, protocols, crop sizes and data sets
share what they have in common. Of several runs that lack images of one folder at once, one decodes and the others
wait, each until its own images are there; one of them goes on if that one is killed. Images that may not be written,
as the disk is full, are decoded whenever they are needed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from training.config import TrainConfig
from training.datasets.base import Dataset, Sizing
from training.errors import BadData, BadUsage, Stopped
from training.images.decode import WAIT_SECONDS, Job, Progress, decode_many
from training.images.finding import Finder, Spot
from training.images.keys import keys_of
from training.images.packing import NoRoom, Packer
from training.images.store import Changes, ImageStore, Place
from training.images.uncached import Uncached
from training.runfolder.errors import LockHeld, UnreadableFile
from training.runfolder.image_packs import OTHERS_WRITE, WAS_TRANSPARENT, About, ImageRecord, Pack, own_folder
from training.runfolder.image_room import LIMIT, limit_bytes
from training.runfolder.lock import take_lock

LOOKED_AT = 16
"""Images whose checksums are compared when they are opened, spread evenly; checking all would read whole packs."""
ROUNDS = 8
"""Of looking and decoding; each follows a pack that was damaged or deleted meanwhile."""


def silent(words: str) -> None:
    """Say nothing."""


def open_images(
    dataset: Dataset,
    smallest_side: int,
    *,
    threads: int,
    on_progress: Progress,
    should_stop: Callable[[], bool],
    say: Callable[[str], None] = silent,
) -> ImageStore:
    """The decoded images, from the cache as far as they are there.

    Args:
        dataset: whose images.
        smallest_side: no side is left shorter than this.
        threads: that decode.
        on_progress: called with how many of how many images are decoded, by this process or the one it waits for.
        should_stop: called between images.
        say: called with a line for the log.

    Raises:
        BadData: an image cannot be read, or the cache cannot be written; the text names it.
        BadUsage: the cache's limit is no size.
        Stopped: asked to.
    """
    _check_limit()
    job = Job(dataset, smallest_side, threads, on_progress, should_stop, say)
    return _Opening(job, TrainConfig.cache_folder()).store()


def _check_limit() -> None:
    try:
        limit_bytes(TrainConfig.cache_folder())
    except ValueError:
        raise BadUsage(f"{LIMIT}={os.environ.get(LIMIT)}: is no number of GiB, for example 20") from None
    except OSError:
        return  # said when it is written


@dataclass(slots=True)
class _Opening:
    """One call of `open_images`."""

    job: Job
    cache: Path
    uncached: dict[int, ImageRecord] = field(default_factory=dict)
    """Images that may not be written."""
    why_uncached: str = ""
    has_decoded: bool = False

    def store(self) -> ImageStore:
        finder = Finder(self.cache, self.job.dataset.sizing, self.job.smallest_side)
        for _ in range(ROUNDS):
            spots = self._find(finder)
            if missing := self._missing(spots):
                self._decode(finder, missing)
                continue
            damaged = self._damaged(spots)
            if damaged is None:
                if self.has_decoded:
                    self.job.on_progress(self.job.count, self.job.count)
                return self._store_of(spots)
            self.job.say(f"warning: {damaged.pixels} is damaged; its images are decoded anew")
            del spots  # they keep the pack from being deleted
            finder.reject(damaged)
        raise BadData(f"the image cache {self.cache} is damaged again and again: check the disk, or set IQA_TUI_CACHE")

    def _missing(self, spots: Sequence[Spot | None]) -> list[int]:
        return [number for number, spot in enumerate(spots) if spot is None and number not in self.uncached]

    def _find(self, finder: Finder) -> list[Spot | None]:
        return finder.find(keys_of(self.job.dataset.items))

    @staticmethod
    def _damaged(spots: Sequence[Spot | None]) -> Pack | None:
        """A pack that is not what its maker wrote, as far as a look at some images tells."""
        there = [spot for spot in spots if spot is not None]
        for place in np.linspace(0, len(there) - 1, LOOKED_AT) if there else ():
            spot = there[round(float(place))]
            record = spot.record
            if zlib.crc32(spot.part.view(record.start, record.height, record.width).data) != record.checksum:
                return spot.pack
        return None

    def _decode(self, finder: Finder, missing: Sequence[int]) -> None:
        """Put the missing images into the cache, unless another run does so while we wait for it."""
        self.has_decoded = True
        base = self._base()
        try:
            self._make_own_folder()
            lock = self._wait_for_lock(finder, base, missing)
        except (OSError, UnreadableFile) as error:
            raise BadData(f"the image cache {self.cache} cannot be written ({error}); set IQA_TUI_CACHE") from error
        if lock is None:
            return
        try:
            self._pack(finder, base, self._missing(self._find(finder)))
        finally:
            os.close(lock)

    def _make_own_folder(self) -> None:
        own = own_folder(self.cache)
        own.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(OSError):
            own.chmod(own.stat().st_mode & 0o7777 & ~OTHERS_WRITE)
        state = own.lstat()
        if state.st_uid != os.geteuid() or own.is_symlink():
            raise OSError(f"{own} belongs to another user")
        if state.st_mode & OTHERS_WRITE:
            raise OSError(f"others may write {own}, and its file system keeps no rights")

    def _base(self) -> Path:
        """Of the packs into which the images of this folder at this size go."""
        sizing = self.job.dataset.sizing
        told = (self._folder(), sizing.exact, sizing.largest_short_side)
        return own_folder(self.cache) / hashlib.sha256(repr(told).encode(errors="surrogateescape")).hexdigest()[:16]

    def _folder(self) -> str:
        """In which all images lie."""
        return os.path.commonpath({os.path.realpath(item.path.parent) for item in self.job.dataset.items})

    def _wait_for_lock(self, finder: Finder, base: Path, missing: Sequence[int]) -> int | None:
        """The lock of the packs, which the kernel frees when its holder exits, so that a waiting run takes over; None
        if all images came into the cache meanwhile.
        """
        is_told = False
        while True:
            with contextlib.suppress(LockHeld):
                return take_lock(base.with_name(f"{base.name}.lock"))
            if not is_told:
                self.job.say(f"another run decodes images of {self._folder()}; waiting for it")
                is_told = True
            if self.job.should_stop():
                raise Stopped("stopped while another run decoded the images")
            if finder.has_changed():
                missing = self._missing(self._find(finder))
            self.job.on_progress(self.job.count - len(missing), self.job.count)
            if not missing:
                return None
            time.sleep(WAIT_SECONDS)

    def _pack(self, finder: Finder, base: Path, missing: Sequence[int]) -> None:
        about = About([self.job.dataset.name], self._folder(), sizing_words(self.job.dataset.sizing))
        packer = Packer(self.cache, base, about, finder.rejected)
        records: dict[int, ImageRecord] = {}
        done = self.job.count - len(missing)
        try:
            for number, record, pixels in decode_many(self.job, missing, lambda: self._if_room(packer.flush_if_due)):
                records[number] = record
                if not self.why_uncached:
                    self._if_room(partial(packer.add, number, record, pixels))
                done += 1
                self.job.on_progress(done, self.job.count)
            if not self.why_uncached:
                self._if_room(packer.flush)
        except OSError as error:
            raise BadData(f"the image cache {base.parent} cannot be written ({error}); set IQA_TUI_CACHE") from error
        finally:
            packer.close()
        self.uncached |= {number: record for number, record in records.items() if number not in packer.kept}

    def _if_room(self, write: Callable[[], None]) -> None:
        try:
            write()
        except NoRoom as error:
            self.why_uncached = str(error)
            self.job.say(f"warning: no room for more decoded images: {error}. The others are decoded at every use")

    def _store_of(self, spots: Sequence[Spot | None]) -> ImageStore:
        records = [self.uncached[number] if spot is None else spot.record for number, spot in enumerate(spots)]
        places = [
            Place(None if spot is None else spot.part, record.start, record.height, record.width)
            for spot, record in zip(spots, records, strict=True)
        ]
        keeper = Uncached(self.job, self.uncached)
        return ImageStore(places, self._changes(spots, records), keeper)

    def _changes(self, spots: Sequence[Spot | None], records: Sequence[ImageRecord]) -> Changes:
        numbered = list(enumerate(records))
        shrinks = self.job.dataset.sizing.exact is None
        uncached = sum(spot is None for spot in spots)
        return Changes(
            transparent=tuple(number for number, record in numbered if record.flags & WAS_TRANSPARENT),
            shrunk=tuple(number for number, record in numbered if shrinks and record.height < record.native_height),
            uncached=(
                f"{uncached:,} of {len(records):,} images are decoded at every use, which is slow, as they are in no "
                f"cache: {self.why_uncached}. Make room (`iqa-tui cache prune`), or set IQA_TUI_CACHE or {LIMIT}"
                if uncached
                else ""
            ),
        )


def sizing_words(sizing: Sizing) -> str:
    """`512×384`, `short side up to 384`, `own size`: for listings."""
    if sizing.exact is not None:
        height, width = sizing.exact
        return f"{width}×{height}"
    return "own size" if sizing.largest_short_side is None else f"short side up to {sizing.largest_short_side}"
