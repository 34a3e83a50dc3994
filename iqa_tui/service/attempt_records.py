"""The records of one attempt, written even if its trainer filled the disk."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.schema import ExitRecord, ProcessRecord
from training.runfolder.write import Record, make_folder, open_own, write_record, write_record_into

FULL_DISK_SECONDS = 60.0
"""How long the record of the end is tried again if it cannot be written."""
RESERVED_BYTES = 64 << 10
"""Kept for the records of an attempt, so that they can be written on a disk that its trainer filled."""


class AttemptRecords:
    """Keeps room on the disk, and gives it up for the records that must not be lost."""

    def __init__(self, run: RunFolder, attempt: AttemptFolder) -> None:
        self._run = run
        self._attempt = attempt
        self.comes_back = False
        """As the record of the end will say."""

    def make_room(self) -> None:
        """Make the attempt's folder, with the reserve in it.

        Raises:
            OSError: there is no room even for that.
        """
        make_folder(self._run.attempts_dir)
        make_folder(self._attempt.path)
        with open_own(self._attempt.reserve, "wb") as file:
            file.write(bytes(RESERVED_BYTES))
            file.flush()
            os.fsync(file.fileno())

    def write_process(self, record: ProcessRecord) -> None:
        try:
            write_record(self._attempt.process, record)
        except OSError:
            self._give_room()
            write_patiently(self._attempt.process, record, patience_seconds=0)
            with contextlib.suppress(OSError):
                self.make_room()

    def write_end(self, record: ExitRecord) -> None:
        """The last thing that is written of an attempt; its reserve goes with it."""
        record = replace(record, comes_back=self.comes_back)
        try:
            write_record(self._attempt.exit, record)
        except OSError:
            self._write_end_without_room(record)
        self._give_room()

    def _write_end_without_room(self, record: ExitRecord) -> None:
        try:
            write_record_into(self._attempt.reserve, self._attempt.exit, record)
        except OSError:
            self._give_room()
            write_patiently(self._attempt.exit, record, patience_seconds=FULL_DISK_SECONDS)

    def _give_room(self) -> None:
        with contextlib.suppress(OSError):
            self._attempt.reserve.unlink()


def write_patiently(path: Path, record: Record, *, patience_seconds: float) -> None:
    """Write; if the disk is full, say so and try again for a while, but never fail: a trainer depends on us."""
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            write_record(path, record)
        except OSError as error:
            with contextlib.suppress(OSError):
                print(f"{path}: cannot be written: {error}", file=sys.stderr, flush=True)
            if time.monotonic() >= deadline:
                return
            time.sleep(1.0)
        else:
            return
