"""What belongs to one user and to no folder of runs: the key that signs, the dispatchers' locks and logs.

`$IQA_TUI_STATE`, else `$XDG_STATE_HOME/iqa-tui`, else `~/.local/state/iqa-tui`; for a user without a home of their own,
as in many containers, `/var/tmp/iqa-tui-state-<uid>`. Others may neither read nor write it: the key in it says what may
be started in this user's name. Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import stat
from pathlib import Path

from iqa_tui.errors import LaunchError

STATE_VARIABLE = "IQA_TUI_STATE"


def state_path() -> Path:
    """Where `state_folder` is, or would be; touches nothing."""
    chosen = os.environ.get(STATE_VARIABLE)
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_STATE_HOME", "")
    if Path(base).is_absolute():
        return Path(base) / "iqa-tui"
    home = own_home()
    if home is None:
        return Path(f"/var/tmp/iqa-tui-state-{os.geteuid()}")  # noqa: S108  refused below if another user made it
    return home / ".local" / "state" / "iqa-tui"


def own_home() -> Path | None:
    """`$HOME`, else the account's, whichever belongs to this user: `sudo` may leave the caller's in `$HOME`."""
    candidates = [os.environ.get("HOME", "")]
    with contextlib.suppress(KeyError):
        candidates.append(pwd.getpwuid(os.geteuid()).pw_dir)
    for home in map(Path, candidates):
        with contextlib.suppress(OSError):
            if home.is_absolute() and home.stat().st_uid == os.geteuid():
                return home
    return None


def state_folder() -> Path:
    """The folder, made if it is missing, closed to others.

    Raises:
        LaunchError: it cannot be made or written, is another user's, or its path is relative.
    """
    path = state_path()
    if not path.is_absolute():
        raise LaunchError(f"{STATE_VARIABLE}={path}: write the whole path, as runs start in other folders.")
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.lstat() if path.parent == Path("/var/tmp") else path.stat()  # noqa: S108  no link there
        if found.st_uid != os.geteuid():
            raise LaunchError(_refusal(path, "belongs to another user"))
        if stat.S_IMODE(found.st_mode) & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise LaunchError(_refusal(path, f"cannot be made ({error.strerror})")) from error
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        raise LaunchError(_refusal(path, "cannot be written"))
    return path


def _refusal(path: Path, why: str) -> str:
    return f"{path}: the folder for this user's own state {why}. Name one of your own in {STATE_VARIABLE}."
