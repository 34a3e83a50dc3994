"""The words for a file that cannot be written: which, how large, how much room there is, and what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.errors import CannotWrite
from training.runfolder.layout import RunFolder


@contextmanager
def needed_for_the_result(run: RunFolder, path: Path, size_bytes: int | None = None) -> Iterator[None]:
    """Write `path`, a file of this run, inside this block.

    Raises:
        CannotWrite: instead of any OSError.
    """
    try:
        yield
    except OSError as error:
        begins = "goes on from the last checkpoint" if run.has_checkpoint else "begins anew, as there is no checkpoint"
        raise CannotWrite(f"{why_not_written(path, error, size_bytes)}: make room, then --resume {begins}") from error


def why_not_written(path: Path, error: OSError, size_bytes: int | None = None) -> str:
    """`runs/a/checkpoints/last.pt cannot be written (No space left on device; it needs 1.07 GB, 200 MB are free)`."""
    needs = "" if size_bytes is None else f"it needs {_words(size_bytes)}, "
    return f"{path} cannot be written ({error.strerror or error}; {needs}{_free(path)})"


def _free(path: Path) -> str:
    """Of the nearest folder above `path` that is there."""
    folder = next((parent for parent in path.parents if parent.exists()), Path(os.sep))
    try:
        return f"{_words(shutil.disk_usage(folder).free)} are free"
    except OSError:
        return f"{folder} does not answer"


def _words(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.2f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.1f} MB"
