"""What a page about one run shows beside its state: every attempt, its files, its images. Read in a thread."""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from iqa_tui.monitor.scored_images import ScoredImages, read_scored_images
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.tuning import Tuning, read_tuning
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.read import read_shown_record
from training.runfolder.schema import ExitRecord, ProcessRecord, RetryRecord
from training.runfolder.text import plain
from training.runfolder.tuned import Tuned

MOST_FILES = 200
MOST_ATTEMPTS = 100
DEEPEST = 2
"""Folders below the run's own in which files are listed."""


@dataclass(frozen=True, slots=True)
class AttemptDetails:
    """One attempt, as its records tell."""

    number: int
    process: ProcessRecord | None
    exit: ExitRecord | None
    retry: RetryRecord | None
    """Who asked for it, and why; None for the first."""


@dataclass(frozen=True, slots=True)
class RunDetails:
    """What was on disk at one moment."""

    attempts: tuple[AttemptDetails, ...] = ()
    """Oldest first."""
    files: tuple[tuple[str, int], ...] = ()
    """Path within the run folder, and bytes; largest first."""
    more_files: int = 0
    """How many are not listed."""
    images: ScoredImages = field(default_factory=ScoredImages)
    tuning: Tuning | None = None
    """What was chosen for it; None if nothing was, or not yet."""


def read_details(state: RunState) -> RunDetails:
    """Never raises for what a folder holds."""
    files = _files(state.run)
    attempts: list[AttemptFolder] = []
    with contextlib.suppress(OSError, RunFolderError):
        attempts = state.run.attempts()[-MOST_ATTEMPTS:]
    return RunDetails(
        tuple(map(_attempt, attempts)),
        files[:MOST_FILES],
        max(0, len(files) - MOST_FILES),
        read_scored_images(state),
        _tuning(state),
    )


def _tuning(state: RunState) -> Tuning | None:
    """The result keeps it; before, the supervisor's record has it."""
    if state.result is not None:
        return read_tuning(state.result.tuned)
    with contextlib.suppress(OSError, RunFolderError):
        record = read_shown_record(state.run.tuned, Tuned)
        return read_tuning(record.as_dict()) if record is not None else None
    return None


def _attempt(folder: AttemptFolder) -> AttemptDetails:
    process: ProcessRecord | None = None
    exit_record: ExitRecord | None = None
    retry: RetryRecord | None = None
    with contextlib.suppress(OSError, RunFolderError):
        process = read_shown_record(folder.process, ProcessRecord)
    with contextlib.suppress(OSError, RunFolderError):
        exit_record = read_shown_record(folder.exit, ExitRecord)
    with contextlib.suppress(OSError, RunFolderError):
        retry = read_shown_record(folder.retry, RetryRecord)
    return AttemptDetails(folder.number, process, exit_record, retry)


def _files(run: RunFolder) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    _add_files(run.path, "", DEEPEST, found)
    return tuple(sorted(found, key=lambda file: (-file[1], file[0])))


def _add_files(folder: Path, prefix: str, deeper: int, found: list[tuple[str, int]]) -> None:
    """Links are not followed."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if len(found) > 10 * MOST_FILES:
                return
            with contextlib.suppress(OSError):
                status = entry.stat(follow_symlinks=False)
                name = f"{prefix}{plain(entry.name, 200)}"
                if stat.S_ISREG(status.st_mode):
                    found.append((name, status.st_size))
                elif stat.S_ISDIR(status.st_mode) and deeper:
                    _add_files(Path(entry.path), f"{name}/", deeper - 1, found)
