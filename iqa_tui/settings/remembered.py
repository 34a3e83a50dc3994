"""How this user looked at a folder of runs when the app was left: one small file a folder, in the state folder.

Two apps on one folder write whole files: the last one counts. Nothing is lost if the file is: the app opens as it does
for a new user. Standard library only.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from iqa_tui.errors import LaunchError
from iqa_tui.settings.frozen_json import from_json, to_json
from iqa_tui.trust.state_folder import state_folder, state_path
from training.runfolder.errors import RunFolderError
from training.runfolder.opening import read_bounded

T = TypeVar("T")

VERSION = 1
LARGEST_BYTES = 256 << 10
MOST_FOLDERS = 200


class Remembered:
    """What is remembered of one folder of runs, by name."""

    def __init__(self, runs_dir: Path | None) -> None:
        """Args:
        runs_dir: None: nothing is remembered beyond this app.
        """
        self._runs_dir = runs_dir
        self._values: dict[str, Any] = {} if runs_dir is None else _read(view_file(runs_dir))
        self._written = dict(self._values)
        self._writing = threading.Lock()

    def recall(self, name: str, usual: T) -> T:
        """The value that was remembered, as far as it can be read; else `usual`, whose type it has."""
        return from_json(self._values[name], usual) if name in self._values else usual

    def remember(self, name: str, value: object, leave: Iterable[str] = ()) -> None:
        """Keep a frozen value, for `save` to write.

        Args:
            leave: fields of a dataclass that are not kept.
        """
        content = to_json(value)
        if isinstance(content, dict):
            content = {field: item for field, item in content.items() if field not in set(leave)}
        self._values[name] = content

    @property
    def has_changed(self) -> bool:
        """Something is remembered that is not written yet."""
        return self._runs_dir is not None and self._values != self._written

    def save(self) -> None:
        """Write all of it, whole. May be called in a thread. Raises nothing: the app is worth more than this file."""
        if self._runs_dir is None:
            return
        from training.runfolder.write import write_atomic  # noqa: PLC0415  after the first paint

        with self._writing, contextlib.suppress(OSError, LaunchError, RunFolderError, ValueError):
            values = dict(self._values)
            folder = str(self._runs_dir.resolve())
            content = json.dumps({"version": VERSION, "folder": folder, "values": values}, allow_nan=False).encode()
            if len(content) <= LARGEST_BYTES:
                state_folder()
                write_atomic(view_file(self._runs_dir), content, mode=0o600)
                _forget_the_oldest()
            self._written = values


def view_file(runs_dir: Path) -> Path:
    """Named after the folder's real path: a folder that was moved is looked at anew."""
    digest = hashlib.sha256(str(runs_dir.resolve()).encode(errors="surrogateescape")).hexdigest()
    return state_path() / f"view-{digest[:16]}.json"


def _read(path: Path) -> dict[str, Any]:
    """Empty if there is no such file, it is damaged, or another version wrote it."""
    try:
        content = json.loads(read_bounded(path, LARGEST_BYTES))
    except (OSError, ValueError, RecursionError, RunFolderError):
        return {}
    if not isinstance(content, dict) or content.get("version") != VERSION:
        return {}
    values = content.get("values")
    return values if isinstance(values, dict) else {}


def _forget_the_oldest() -> None:
    files = sorted(state_path().glob("view-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[MOST_FOLDERS:]:
        path.unlink(missing_ok=True)
