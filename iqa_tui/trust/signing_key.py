"""The key of a user's own that signs what they queue: 32 bytes in the state folder that no other user may read.

Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.trust.state_folder import state_folder, state_path
from training.runfolder.errors import UnreadableFile
from training.runfolder.opening import read_bounded
from training.runfolder.write import write_atomic

KEY_FILE = "signing.key"
KEY_BYTES = 32


def key_path() -> Path:
    """Where this user's key is, or would be."""
    return state_path() / KEY_FILE


def check_key() -> bool:
    """Whether there is a key; False before the first launch.

    Raises:
        LaunchError: others may read or write it, it is no key, or there is no folder for it.
    """
    state_folder()
    return read_key() is not None


def read_key() -> bytes | None:
    """None before the first launch.

    Raises:
        LaunchError: others may read or write it, or it is no key.
    """
    path = key_path()
    try:
        found = path.lstat()
        key = read_bounded(path, KEY_BYTES)
    except FileNotFoundError:
        return None
    except (OSError, UnreadableFile) as error:
        raise LaunchError(f"{path}: the key that signs runs cannot be read ({error}). Move it away.") from error
    if found.st_uid != os.geteuid() or found.st_mode & 0o077 or len(key) != KEY_BYTES:
        raise LaunchError(
            f"{path}: the key that signs runs must be yours alone (mode 0600, {KEY_BYTES} bytes). Move it away: "
            "the next launch makes another, and runs that are queued need `iqa-tui adopt`."
        )
    return key


def key_to_sign_with() -> bytes:
    """The key, made at the first launch.

    Raises:
        LaunchError: as `read_key`, or the state folder cannot be written.
    """
    folder = state_folder()
    key = read_key()
    if key is not None:
        return key
    aside = folder / f".{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        write_atomic(aside, secrets.token_bytes(KEY_BYTES), mode=0o600)
        try:
            os.link(aside, folder / KEY_FILE)  # not over one that another launch made at the same moment
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    except OSError as error:
        raise LaunchError(f"{folder / KEY_FILE}: the key cannot be written ({error.strerror}).") from error
    made = read_key()
    if made is None:
        raise LaunchError(f"{folder / KEY_FILE}: the key was removed while it was made. Run the command again.")
    return made
