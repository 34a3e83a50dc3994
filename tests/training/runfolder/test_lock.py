"""A lock is a file; anything else in its place is refused, and no process waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.trust.damage import KINDS
from training.runfolder.errors import UnreadableFile
from training.runfolder.lock import is_held, open_lock_file, take_lock

NO_FILES = sorted(name for name in KINDS if name.startswith(("a pipe", "a socket", "a folder", "a device", "a link")))


@pytest.mark.parametrize("kind", NO_FILES)
def test_what_is_no_file_is_no_lock(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "alive.lock"
    KINDS[kind](path)
    for use in (is_held, take_lock, open_lock_file):
        with pytest.raises(UnreadableFile, match=r"alive\.lock: is .*, not a file\. Move it away\."):
            use(path)


def test_whatever_stands_in_a_lock_it_can_be_taken(tmp_path: Path) -> None:
    path = tmp_path / "alive.lock"
    KINDS["a hollow file"](path)
    assert not is_held(path)
    take_lock(path)
    assert is_held(path)
