"""Where the leases of this machine are, and what is wrong with a lease file that cannot be used.

All users of a machine must find the same files, and none may replace a file of another user. So the files stand
directly in a folder that root owns and in which only the owner of a file may remove it: `/run/lock`, which is local and
is emptied by a reboot alone, else `/var/tmp`. `$IQA_TUI_LEASES` names another folder. Standard library only: the
supervisor uses it.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.words.people import name_of_user
from training.runfolder.opening import KINDS

LEASES_VARIABLE = "IQA_TUI_LEASES"
MACHINE_FOLDERS = (Path("/run/lock"), Path("/var/tmp"))  # noqa: S108  shared on purpose: what they hold proves nothing
"""The first that root owns and every user may write is the machine's: the same answer for every user."""
OLDER_FOLDERS = (Path("/run/lock/iqa-tui"), Path("/var/tmp/iqa-tui-leases"))  # noqa: S108  as above
"""Folders that earlier versions made. Their owner may remove what is in them, so nothing new is put there."""
PREFIX = "iqa-tui-"
"""Of a lease file in the machine's folder, which other programs use too."""
SHARED_MODE = 0o1777
"""Of a chosen folder that we make: every user may add a file, and remove no other user's."""
LARGEST_LEASE_BYTES = 64 << 10
"""Of what a lease file says of its holder, which is a few hundred bytes."""


def leases_path() -> Path:
    """Where `leases_dir` is, or would be; touches nothing."""
    return _chosen_folder() or _machine_folder() or MACHINE_FOLDERS[0]


def _chosen_folder() -> Path | None:
    chosen = os.environ.get(LEASES_VARIABLE)
    return Path(chosen) if chosen else None


def _machine_folder() -> Path | None:
    return next((folder for folder in MACHINE_FOLDERS if _is_the_machines(folder)), None)


def _is_the_machines(folder: Path) -> bool:
    try:
        found = folder.stat()
    except OSError:
        return False
    is_open = found.st_mode & stat.S_IWOTH and found.st_mode & stat.S_ISVTX
    return stat.S_ISDIR(found.st_mode) and found.st_uid == 0 and bool(is_open)


def leases_dir() -> Path:
    """The folder. One that was chosen is made if it is missing; the machine's own never is.

    Raises:
        LaunchError: it cannot be made or used, others may remove what is in it, or its path is relative.
    """
    chosen = _chosen_folder()
    if chosen is not None:
        return _checked(chosen)
    folder = _machine_folder()
    if folder is None:
        raise LaunchError(
            f"Neither {' nor '.join(map(str, MACHINE_FOLDERS))} is a folder of root's that every user may write "
            f"(mode 1777): there is no place for device leases. {_remedy()}"
        )
    return folder


def _checked(folder: Path) -> Path:
    if not folder.is_absolute():
        raise LaunchError(f"{LEASES_VARIABLE}={folder}: write the whole path, as runs start in other folders.")
    try:
        _make(folder)
        found = folder.stat()
    except OSError as error:
        raise LaunchError(
            f"{folder}: the folder for device leases cannot be made ({error.strerror}). {_remedy()}"
        ) from error
    if not stat.S_ISDIR(found.st_mode):
        raise LaunchError(f"{folder}: the folder for device leases is a file. {_remedy()}")
    if found.st_uid not in (0, os.geteuid()):
        raise LaunchError(
            f"{folder}: the folder for device leases belongs to {name_of_user(found.st_uid)}, who may remove "
            f"the leases in it. Ask root for `chown root {folder} && chmod 1777 {folder}`. Or: {_remedy()}"
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not found.st_mode & stat.S_ISVTX:
        raise LaunchError(
            f"{folder}: in the folder for device leases every user may remove the leases of others. "
            f"`chmod 1777 {folder}` ends that."
        )
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        raise LaunchError(
            f"{folder}: the folder for device leases may not be written by you. "
            f"Ask {name_of_user(found.st_uid)} for `chmod 1777 {folder}`. Or: {_remedy()}"
        )
    return folder


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        return
    folder.chmod(SHARED_MODE)  # not by mkdir: the umask would take the others' rights away


def _remedy() -> str:
    return f"Name a folder that every user of this machine may write, on a local disk, in {LEASES_VARIABLE}."


def lease_file(key: str) -> Path:
    """The lock file of the whole device with this key; its other files differ by their suffix.

    Raises:
        LaunchError: no folder for leases.
    """
    folder = leases_dir()
    return folder / f"{'' if _chosen_folder() else PREFIX}{_file_name(key)}.lock"


def older_lease_files(key: str) -> list[Path]:
    """As `lease_file`, in the folders of earlier versions; empty if there are none, or a folder was chosen."""
    if _chosen_folder():
        return []
    return [
        folder / f"{_file_name(key)}.lock" for folder in OLDER_FOLDERS if folder.is_dir() and not folder.is_symlink()
    ]


def _file_name(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "-", key)


def share_file(lease: Path, number: int) -> Path:
    """The lock file of one share of the device whose whole has the file `lease`; counted from 0."""
    return lease.with_suffix(f".share-{number}.lock")


def gate_file(lease: Path) -> Path:
    """Held for an instant by a process that takes the device or a share of it."""
    return lease.with_suffix(".gate")


def journal_file(lease: Path) -> Path:
    """What happened on the device."""
    return lease.with_suffix(".journal")


def file_trouble(path: Path) -> str:
    """Why a lease file cannot be used, with what to do; empty if it can, or there is none.

    Every user may put anything into the folder: it may make one device useless, and must do nothing else.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path}: {error.strerror}"
    if not stat.S_ISREG(found.st_mode):
        what = f"is {KINDS.get(stat.S_IFMT(found.st_mode), 'something else')}, not a file"
    elif found.st_nlink != 1:  # what we write into it would stand in another file too
        what = "is a second name (hard link) of a file"
    elif not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
        what = "may not be opened by you"
    else:
        return ""
    return f"{path} {what}; ask its owner ({name_of_user(found.st_uid)}) to remove it"
