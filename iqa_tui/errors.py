"""What can go wrong between a plan and a running trainer. The text is for people and names the next thing to do."""

from __future__ import annotations

import errno
from pathlib import Path

from iqa_tui.words.people import owner_name


class LaunchError(Exception):
    """Something asked of the launcher cannot be done."""


class FolderUnusable(LaunchError):
    """A run's folder cannot be read or written now."""


class PlanError(LaunchError):
    """A plan that cannot be read, or not be followed."""

    place: tuple[str, int, str] | None = None
    """Heading, number of the table under it and key, if one value of a plan file is wrong."""


def cannot_be_written(path: Path, error: OSError) -> LaunchError:
    """Says what to do, which depends on the reason.

    Args:
        path: a file in a run's folder.
    """
    if error.errno in (errno.EACCES, errno.EPERM):
        remedy = f"Ask {owner_name(path.parent)}, whose run it is."
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = "Make room, then try again."
    else:
        remedy = "Try again once it can."
    return FolderUnusable(f"{path}: cannot be written ({error.strerror}). {remedy}")
