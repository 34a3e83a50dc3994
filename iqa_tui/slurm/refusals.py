"""Why runs that wait have no job yet, for their rows: kept in the owner's state folder."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

from iqa_tui.errors import LaunchError
from iqa_tui.trust.state_folder import state_folder, state_path
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.opening import read_bounded
from training.runfolder.text import plain
from training.runfolder.write import write_json

FILE = "slurm-refused.json"
LARGEST_BYTES = 4 << 20
MOST = 2000
"""Runs that are remembered; the oldest go."""


def note_refusal(run: RunFolder, words: str) -> None:
    """Remember why no job was submitted; empty: one was. Never raises: the words are not worth an order."""
    known = _read()
    known.pop(str(run.shown), None)
    if words:
        known[str(run.shown)] = {"words": words, "when": time.time()}
    with contextlib.suppress(OSError, LaunchError):
        if known or (state_path() / FILE).exists():
            write_json(state_folder() / FILE, dict(list(known.items())[-MOST:]))


def refusal_noted(run: RunFolder) -> str:
    """Why no job was submitted for it; empty if nothing is known of that."""
    found = _read().get(str(run.shown))
    return plain(str(found.get("words", ""))) if isinstance(found, dict) else ""


def _read() -> dict[str, Any]:
    try:
        found = json.loads(read_bounded(state_path() / FILE, LARGEST_BYTES))
    except (OSError, ValueError, RecursionError, RunFolderError):
        return {}
    return found if isinstance(found, dict) else {}
