"""A run folder that is built out of sight, with its result, and then renamed into the folder of runs."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from training.runfolder.folders import close_to_others, create_run_folder
from training.runfolder.layout import RunFolder
from training.runfolder.write import sync_folder


@contextlib.contextmanager
def built_aside(runs_dir: Path, name: str) -> Iterator[tuple[str, RunFolder]]:
    """A folder that is filled out of sight and takes its name once it is whole.

    Yields:
        The id that the run will have, and the folder to fill.
    """
    reserved = create_run_folder(runs_dir, name)  # empty, so no run yet; the name is ours
    aside = runs_dir / f".importing-{os.getpid()}" / reserved.path.name
    try:
        aside.mkdir(mode=0o755, parents=True)
        close_to_others(aside)
        yield reserved.run_id, RunFolder(aside)
        sync_folder(aside)
        aside.rename(reserved.path)  # over the empty folder, in one step
        sync_folder(runs_dir)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        with contextlib.suppress(OSError):
            reserved.path.rmdir()
        raise
    finally:
        with contextlib.suppress(OSError):
            aside.parent.rmdir()
