"""Which images are in the cache, in whose pack, and whether that user's pixels may be believed."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.datasets.base import Sizing
from training.images.keys import FileKey
from training.images.store import Part, map_pack
from training.runfolder.image_packs import ImageRecord, Pack, all_packs, own_folder, read_records
from training.runfolder.image_room import delete_pack

ROOT = 0


@dataclass(frozen=True, slots=True)
class Spot:
    """An image in the cache."""

    pack: Pack
    part: Part
    """Its pack's pixels; as long as it lives, no process deletes the pack."""
    record: ImageRecord


class Finder:
    """Looks into all packs of a cache, as often as it is asked to."""

    def __init__(self, cache: Path, sizing: Sizing, smallest_side: int) -> None:
        self._cache = cache
        self._sizing = sizing
        self._smallest_side = smallest_side
        self._parts: dict[Path, Part] = {}
        self.rejected: set[Path] = set()
        """Stems of packs that are damaged and in use, so that they could not be deleted."""
        self._seen: list[tuple[Path, int]] = []

    def has_changed(self) -> bool:
        """Whether any pack has other images than when it was last looked into."""
        return self._state(self._packs()) != self._seen

    def find(self, files: Sequence[FileKey]) -> list[Spot | None]:
        """The place of each image at the size that is wanted; None if it is in no cache."""
        packs = self._packs()
        self._seen = self._state(packs)
        owners = {os.geteuid(), ROOT, *(file.owner for file in files)}
        known = self._known([pack for pack in packs if pack.owner in owners], {file.key for file in files})
        spots = [self._spot(known[file.key], file) if file.key in known else None for file in files]
        own = own_folder(self._cache)
        for pack in {spot.pack.stem: spot.pack for spot in spots if spot is not None}.values():
            if pack.stem.parent == own:
                _mark_used(pack)
        return spots

    def reject(self, pack: Pack) -> None:
        """Delete this pack, as it is damaged, or never look into it again."""
        self._parts.pop(pack.stem, None)
        is_own = pack.stem.parent == own_folder(self._cache)
        if not (is_own and delete_pack(pack)):
            self.rejected.add(pack.stem)

    def _packs(self) -> list[Pack]:
        return [pack for pack in all_packs(self._cache) if pack.stem not in self.rejected]

    @staticmethod
    def _state(packs: Sequence[Pack]) -> list[tuple[Path, int]]:
        return [(pack.stem, pack.images) for pack in packs]

    @staticmethod
    def _known(packs: Sequence[Pack], keys: set[bytes]) -> dict[bytes, list[tuple[Pack, ImageRecord]]]:
        known = defaultdict(list)
        for pack in packs:
            for record in read_records(pack):
                if record.key in keys:
                    known[record.key].append((pack, record))
        return dict(known)

    def _spot(self, found: Sequence[tuple[Pack, ImageRecord]], file: FileKey) -> Spot | None:
        for pack, record in found:
            size = self._sizing.size_for(record.native_height, record.native_width, self._smallest_side)
            if size == (record.height, record.width) and _is_believed(pack, file):
                part = self._part(pack, record)
                if part is not None:
                    return Spot(pack, part, record)
        return None

    def _part(self, pack: Pack, record: ImageRecord) -> Part | None:
        """Mapped anew if the pack has grown since."""
        part = self._parts.get(pack.stem)
        if part is None or len(part) < record.end:
            part = map_pack(pack)
            if part is None or len(part) < record.end:
                return None
            self._parts[pack.stem] = part
        return part


def _is_believed(pack: Pack, file: FileKey) -> bool:
    """Our own pixels, and root's. Those of another user only of that user's own image files: who may change a picture
    decides what is seen of it anyway.
    """
    return pack.owner in (os.geteuid(), ROOT, file.owner)


def _mark_used(pack: Pack) -> None:
    """What is deleted first is what was used longest ago."""
    try:
        os.utime(pack.about)
    except OSError:
        return
