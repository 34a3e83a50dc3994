"""Opens a file with the desktop's own viewer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

DISPLAYS = ("WAYLAND_DISPLAY", "DISPLAY")
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".ppm", ".pgm")
"""A desktop chooses by the suffix what it starts: a file of another kind may be a program."""


def why_not_opened(path: Path) -> str:
    """Why there is no viewer for the file here; empty if there is one."""
    if path.suffix.lower() not in SUFFIXES:
        return f"Only files whose name ends as an image's does are opened, not {path.suffix or 'one without a suffix'}."
    if _opener() is None:
        return "There is no desktop here (no DISPLAY, or no xdg-open)."
    return ""


def open_with_viewer(path: Path) -> str:
    """Start the viewer and do not wait for it.

    Args:
        path: absolute, so that it cannot be taken for an option.

    Returns:
        Why it could not be started; empty if it was.
    """
    opener = _opener()
    if problem := why_not_opened(path):
        return problem
    assert opener is not None
    quiet = subprocess.DEVNULL
    try:
        child = subprocess.Popen(
            [opener, str(path.absolute())], stdin=quiet, stdout=quiet, stderr=quiet, cwd="/", start_new_session=True
        )
    except OSError as error:
        return f"{opener} cannot be started: {error.strerror or error}."
    threading.Thread(target=child.wait, name="viewer", daemon=True).start()  # else it would stay as a zombie
    return ""


def _opener() -> str | None:
    if sys.platform == "darwin":
        return shutil.which("open")
    return shutil.which("xdg-open") if any(os.environ.get(name) for name in DISPLAYS) else None
