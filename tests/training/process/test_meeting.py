"""Files without a name, in which the processes of a run meet."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from training.process import meeting
from training.process.meeting import READY, NamelessFile, is_ready, last_words, path_of, say

CHILD = """
import sys
from training.process.meeting import say
say(int(sys.argv[1]), sys.argv[2])
"""


@pytest.fixture(params=["in memory", "on a disk"])
def file(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[NamelessFile]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if request.param == "on a disk":
        monkeypatch.delattr(os, "memfd_create")
    made = NamelessFile()
    yield made
    made.close()


def test_a_process_that_was_started_says_how_it_is_and_nothing_is_left(file: NamelessFile, tmp_path: Path) -> None:
    assert (is_ready(file.descriptor), last_words(file.descriptor)) == (False, "")
    for words in (READY, "no such file: image 3 Ü"):
        subprocess.run([sys.executable, "-c", CHILD, str(file.descriptor), words], close_fds=False, check=True)
        assert is_ready(file.descriptor)
    assert last_words(file.descriptor) == "no such file: image 3 Ü"
    assert list(tmp_path.iterdir()) == []


def test_who_opens_it_anew_holds_locks_of_its_own(file: NamelessFile) -> None:
    with Path(path_of(file.descriptor)).open("r+b") as one, Path(path_of(file.descriptor)).open("r+b") as other:
        fcntl.flock(one, fcntl.LOCK_EX)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_closed_one_says_nothing() -> None:
    file = NamelessFile()
    descriptor = file.descriptor
    say(descriptor, READY)
    file.close()
    file.close()
    assert not is_ready(descriptor)
    assert meeting.last_words(descriptor) == ""
