"""The folders and users of one attack, and the files that they make there. Only for root."""

from __future__ import annotations

import json
import os
import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 20.0
"""How long the program may take for anything that it does."""


class GroundError(Exception):
    """The attack could not be tried: something that must work, whatever the program promises, did not."""


@dataclass(frozen=True)
class User:
    """A user without an account, but for root."""

    name: str
    uid: int
    gid: int
    home: Path


class Place:
    """A folder with ann and mallory, who share a group, and root."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="iqa-tui-trust-"))
        self.folder.chmod(0o755)
        first = 61001 + 10 * random.randrange(390)  # two places at a time have other users, mostly
        self.gid = first + 8
        self.root = self._user("root", 0, 0)
        self.ann = self._user("ann", first, self.gid)
        self.mallory = self._user("mallory", first + 1, self.gid)
        self.leases = self.make("leases", mode=0o1777)
        self.public = self.make("public", mode=0o1777)

    def _user(self, name: str, uid: int, gid: int) -> User:
        home = self.make(f"home-{name}", mode=0o700)
        os.chown(home, uid, gid)
        return User(name, uid, gid, home)

    def make(self, name: str, user: User | None = None, mode: int = 0o755) -> Path:
        """A folder of a user's (root's without one)."""
        path = self.folder / name
        path.mkdir()
        path.chmod(mode)
        if user is not None:
            os.chown(path, user.uid, user.gid)
            path.chmod(mode)  # a change of owner takes the bit of the group away
        return path

    def shared(self, name: str = "runs") -> Path:
        """A folder of runs of root's that the group of ann and mallory may write."""
        path = self.make(name, mode=0o2775)
        os.chown(path, 0, self.gid)
        path.chmod(0o2775)
        return path

    def plant(self, path: Path, content: bytes | str | Mapping[str, Any], user: User, mode: int = 0o644) -> Path:
        """A file of a user's, its folders made if they are missing."""
        for parent in reversed(path.parents):
            if not parent.exists():
                parent.mkdir()
                os.chown(parent, user.uid, user.gid)
        if isinstance(content, Mapping):
            content = json.dumps(content)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.chown(path, user.uid, user.gid)
        path.chmod(mode)
        return path

    def plant_run(self, runs_dir: Path, user: User, argv: Sequence[str], name: str = "", **fields: Any) -> Path:
        """A queued run as the old program would have written it, made by hand."""
        run = runs_dir / (name or f"2026-11-23_17-05-01_made_by_hand_s{len(list(runs_dir.iterdir()))}")
        spec: dict[str, Any] = {
            "run_id": run.name,
            "group": "by-hand",
            "label": "made by hand",
            "argv": list(argv),
            "created": time.time(),
            "experiment": "H1",
            "plan": {"name": "by-hand", "command": list(argv), "experiment": [{"id": "H1", "label": "made by hand"}]},
            "trainer": "command",
            "env": {"PATH": os.environ.get("PATH", os.defpath)},
            "cwd": "/",
            "format": 1,
            **fields,
        }
        self.plant(run / "spec.json", spec, user)
        return run
