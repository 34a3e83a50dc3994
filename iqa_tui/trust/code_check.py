"""Who else may write the code that a run executes. A signature covers what was asked, but not the code behind it."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import sys
import sysconfig
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from iqa_tui.processes.start import ROOT
from iqa_tui.words.people import name_of_user


def code_open_to_others(command: Sequence[str] | None, cwd: Path) -> list[str]:
    """Interpreter, packages, working folder and script that another user may change, with their parents, in words.

    Args:
        command: of the plan's own trainer; None: ours.
        cwd: the folder in which trainers are run.

    Returns:
        A line a thing, for example `/opt/lab/train.py may be written by the group lab`.
    """
    things: dict[Path, None] = {}
    for path in _code(command, cwd):
        things |= dict.fromkeys(_parts_of(path))
    lines = (open_to_others_words(path) for path in things)
    return [line for line in lines if line]


def only_root_writes(path: Path, system_users: Collection[int] = ()) -> bool:
    """Whether no user but root, and these, decides what this path means. False if it is not there."""
    try:
        path.resolve(strict=True)
        parts = _parts_of(path.absolute())
    except (OSError, RuntimeError):  # RuntimeError: links in a circle
        return False
    return not any(open_to_others_words(part, trusted=(0, *system_users)) for part in parts)


def _parts_of(path: Path) -> list[Path]:
    """It, what it leads to, and every folder above them."""
    return [part for end in (path, path.resolve()) for part in (end, *end.parents)]


def _code(command: Sequence[str] | None, cwd: Path) -> Iterable[Path]:
    yield Path(sys.executable)
    yield Path(sysconfig.get_path("purelib"))
    yield ROOT
    yield cwd.absolute()
    for word in command or ():
        if (cwd / word).is_file():
            yield (cwd / word).absolute()


def open_to_others_words(path: Path, trusted: Collection[int] | None = None) -> str:
    """Which other user may change what this path means; empty if none may, or if it is not there.

    Root may do anything and is left out. In a sticky folder no user can replace another user's file.

    Args:
        trusted: who may own it; None: root and this user.
    """
    try:
        found = path.lstat()
    except OSError:
        return ""
    if found.st_uid not in ((0, os.geteuid()) if trusted is None else trusted):
        return f"{path} belongs to {name_of_user(found.st_uid)}"
    if stat.S_ISLNK(found.st_mode) or (stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX):
        return ""
    if found.st_mode & stat.S_IWOTH:
        return f"{path} may be written by every user"
    if found.st_mode & stat.S_IWGRP and not _is_private(found.st_gid, found.st_uid):
        return f"{path} may be written by the group {_group_name(found.st_gid)}"
    return ""


def _is_private(group_id: int, owner_id: int) -> bool:
    """Whether the owner is the only member of the group, as many systems make one for each user."""
    if group_id == 0:
        return True
    try:
        group, owner = grp.getgrgid(group_id), pwd.getpwuid(owner_id)
    except KeyError:
        return False
    return group.gr_name == owner.pw_name and not set(group.gr_mem) - {owner.pw_name}


def _group_name(group_id: int) -> str:
    try:
        return grp.getgrgid(group_id).gr_name
    except KeyError:
        return str(group_id)
