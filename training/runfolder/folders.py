"""Makes the folder of a run, and finds those that exist."""

from __future__ import annotations

import contextlib
import os
import re
from datetime import datetime
from pathlib import Path

from training.runfolder.layout import RunFolder

RUN_NAME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}_")
"""The beginning of a `run_name`, unlike `lost+found`."""
LONGEST_PART = 80
"""Characters of one part of a name: a file system takes names of 255 bytes."""


def run_name(now: datetime, dataset: str, network: str, loss_type: str, seed: int, split_seed: int = 0) -> str:
    """Name a run so that a listing sorts by time and reads by content: `…_l1-0.5srcc_s42` for `l1+0.5*srcc`.

    A shell takes a star for a pattern, and some programs read a plus in a path as a blank. The split that all runs
    share has no name; another one stands behind the data set.
    """
    split = [f"split{split_seed}"] if split_seed else []
    words = (dataset, *split, network, loss_type.replace("+", "-").replace("*", ""), f"s{seed}")
    return "_".join([f"{now:%Y-%m-%d_%H-%M-%S}", *map(name_part, words)])


def name_part(words: str) -> str:
    """The same words as a part of a folder's name, cut if they are many."""
    return re.sub(r"[^A-Za-z0-9.+-]+", "-", words)[:LONGEST_PART]


def create_run_folder(runs_dir: Path, name: str) -> RunFolder:
    """Make a folder that no other run has, `name` or `name-2`, `name-3`, …

    Only its owner may write in it, whatever the umask and the access control list of the folder of runs say.

    Raises:
        OSError: `runs_dir` cannot be made or written.
    """
    runs_dir.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        path = runs_dir / (name if number == 1 else f"{name}-{number}")
        try:
            path.mkdir(mode=0o755)
        except FileExistsError:
            number += 1
            continue
        close_to_others(path)
        return RunFolder(path)


def close_to_others(path: Path) -> None:
    """Let only the owner write in a folder that was just made, and in what is made in it later.

    A default access control list, inherited from the folder above, would open each new file to the users that it names.
    """
    with contextlib.suppress(OSError):  # there is none, or the file system knows no such lists
        os.removexattr(path, "system.posix_acl_default")
    path.chmod(0o755)


def list_runs(runs_dir: Path) -> list[RunFolder]:
    """Every folder with a spec, by name (so by time); [] if there is no such folder.

    A folder that is named like a run, but closed by its owner, is listed too: its status says that it is closed. So is
    a link to a run, in which nothing is read: links are followed up to the folder of runs and not below it.
    """
    try:
        with os.scandir(runs_dir) as entries:
            found = [(entry.name, entry.is_symlink()) for entry in entries if _is_run(entry)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [RunFolder(runs_dir / name, trouble=LINK_TROUBLE if is_link else "") for name, is_link in sorted(found)]


LINK_TROUBLE = "is a symbolic link. Name the folder that the run is in by --runs-dir, or move the run here."


def _is_run(entry: os.DirEntry[str]) -> bool:
    """Whether it has an entry named like a spec, even if that cannot be read."""
    try:
        if not (entry.is_dir(follow_symlinks=False) or entry.is_symlink()):
            return False
        os.lstat(f"{entry.path}/spec.json")
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return RUN_NAME.match(entry.name) is not None
    return True
