"""Images that are in no cache, as there was no room: decoded whenever they are asked for."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from training.errors import BadData
from training.images.decode import Job, decode_as_it_stands
from training.images.store import Pixels
from training.runfolder.image_packs import ImageRecord

KEPT_BYTES = 512 << 20
"""The last ones used are kept in memory up to this."""


class Uncached:
    """The images of one data set, by number."""

    def __init__(self, job: Job, records: dict[int, ImageRecord]) -> None:
        self._job = job
        self._records = records
        self._kept: OrderedDict[int, Pixels] = OrderedDict()
        self._kept_bytes = 0
        self._lock = Lock()

    def __call__(self, number: int) -> Pixels:
        """Raises BadData: the image is not what it was when the run began."""
        with self._lock:
            if number in self._kept:
                self._kept.move_to_end(number)
                return self._kept[number]
        record, pixels = decode_as_it_stands(self._job, number)
        if record.checksum != self._records[number].checksum:
            item = self._job.dataset.items[number]
            raise BadData(f"{item.path}: has changed since the run began, and is in no cache; named in {item.where}")
        with self._lock:
            if number not in self._kept:
                self._kept[number] = pixels
                self._kept_bytes += pixels.nbytes
            while self._kept_bytes > KEPT_BYTES:
                self._kept_bytes -= self._kept.popitem(last=False)[1].nbytes
        return pixels
