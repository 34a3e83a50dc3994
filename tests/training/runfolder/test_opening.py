"""Opening what stands in a run folder without following, waiting, or reading without end."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from training.runfolder import opening
from training.runfolder.errors import UnreadableFile
from training.runfolder.opening import open_regular, read_bounded


def test_a_file_is_read_whole_and_its_descriptor_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10_000)
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert read_bounded(path) == b"x" * 10_000
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    descriptor = open_regular(path)
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)


def test_one_that_is_longer_than_it_may_be_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "hollow"
    with path.open("wb") as file:
        file.truncate(40 << 30)
    with pytest.raises(UnreadableFile, match="42,949,672,960 bytes are more than such a file can have"):
        read_bounded(path)


def test_one_that_grows_while_it_is_read_is_refused_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "growing"
    path.write_bytes(b"x")
    monkeypatch.setattr(opening.os, "read", lambda descriptor, count: b"x" * count)
    with pytest.raises(UnreadableFile, match="is longer than such a file can be"):
        read_bounded(path, 100)


@pytest.mark.parametrize(
    ("kind", "words"),
    [("link", "a symbolic link"), ("pipe", "a pipe"), ("socket", "a socket"), ("folder", "a folder")],
)
def test_what_is_no_file_is_named_and_not_waited_for(tmp_path: Path, kind: str, words: str) -> None:
    path = tmp_path / kind
    if kind == "link":
        path.symlink_to("/etc/passwd")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    else:
        path.mkdir()
    for flags in (os.O_RDONLY, os.O_WRONLY):
        with pytest.raises(UnreadableFile, match=f"{path}: is {words}, not a file. Move it away."):
            open_regular(path, flags)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "absent")
