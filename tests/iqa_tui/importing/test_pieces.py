"""A log as a stream."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from iqa_tui.importing import pieces
from iqa_tui.importing.pieces import BadLog, LogFile


def read(path: Path) -> list[tuple[int, bytes, bool]]:
    return [tuple(piece) for piece in LogFile(path).pieces()]


@pytest.mark.parametrize("block_bytes", [1, 2, 3, 1000])
def test_pieces_end_at_line_ends_and_carriage_returns_wherever_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(pieces, "BLOCK_BYTES", block_bytes)
    path = tmp_path / "log"
    path.write_bytes(b"one\r\n\rtwo\rthree\n\nfour\r\r\nfi")
    assert read(path) == [
        (1, b"one", True),
        (2, b"two", True),
        (2, b"three", True),
        (4, b"four", True),
        (5, b"fi", False),
    ]


def test_the_digest_is_of_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"\xef\xbb\xbfa\r\n" * 1000)
    file = LogFile(path)
    assert next(file.pieces()).text == b"a"  # the mark of the byte order is no text
    file = LogFile(path)
    assert len(list(file.pieces())) == 1000
    assert file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_line_without_an_end_takes_no_more_memory_than_two_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "BLOCK_BYTES", 100)
    monkeypatch.setattr(pieces, "LONGEST_PIECE_BYTES", 150)
    path = tmp_path / "log"
    path.write_bytes(b"x" * 10_000 + b"\nlast\n")
    found = read(path)
    assert max(len(text) for _, text, _ in found) <= 250
    assert sum(len(text) for _, text, _ in found) == 10_004
    assert found[0][2] is False
    assert found[-1] == (2, b"last", True)


def test_what_is_no_file_or_no_text_is_refused_in_words(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "binary").write_bytes(b"a\0b\n")
    for name, words in (
        ("absent", "absent: cannot be read (No such file or directory)"),
        ("pipe", "pipe: is a pipe, not a file"),
        (".", "is a folder, not a file"),
        ("binary", "binary: holds NUL bytes, so it is no text"),
    ):
        with pytest.raises(BadLog) as error:
            read(tmp_path / name)
        assert words in str(error.value)
