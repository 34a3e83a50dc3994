"""What the users of this machine are called."""

from __future__ import annotations

import getpass
import os
import pwd
from pathlib import Path


def user_name() -> str:
    """Of this process; the number if the machine knows no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def owner_name(path: Path) -> str:
    """Of the file or folder; the number if the machine knows no name."""
    try:
        return path.owner()
    except KeyError:
        return f"user {path.stat().st_uid}"


def name_of_user(user_id: int) -> str:
    """The number if the machine knows no name."""
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return f"user {user_id}"
