"""A log of any length as a stream: pieces between line ends and carriage returns, in memory that does not grow."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from iqa_tui.errors import LaunchError
from training.runfolder.opening import KINDS

BLOCK_BYTES = 1 << 20
LONGEST_PIECE_BYTES = 64 << 10
"""A longer one is cut: no line of a log that is read here is half as long."""


class BadLog(LaunchError):
    """A log that cannot be imported; the text names file, line and what was expected."""


class Piece(NamedTuple):
    """What stands between two line ends or carriage returns; never empty."""

    line: int
    """Counted from 1, by line ends alone."""
    text: bytes
    is_whole: bool
    """False if the file ends in it, or if it was cut."""


class LogFile:
    """Reads a log once. What is known of all of it is known after `pieces`."""

    def __init__(self, path: Path) -> None:
        """Open it.

        Raises:
            BadLog: there is no such file, it may not be read, or it is no file.
        """
        self.path = path
        self._digest = hashlib.sha256()
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            raise BadLog(f"{path}: cannot be read ({error.strerror}). Name a log that you may read.") from error
        found = os.fstat(self._descriptor)
        self.modified = found.st_mtime
        """Unix seconds."""
        if not stat.S_ISREG(found.st_mode):
            os.close(self._descriptor)
            kind = KINDS.get(stat.S_IFMT(found.st_mode), "something else")
            raise BadLog(f"{path}: is {kind}, not a file. Name the file that the trainer's output was written to.")

    @property
    def sha256(self) -> str:
        """Of what was read."""
        return self._digest.hexdigest()

    def pieces(self) -> Iterator[Piece]:
        """Every piece, in order; the file is closed then.

        Raises:
            BadLog: it is no text, or reading fails.
        """
        try:
            yield from self._pieces()
        except OSError as error:
            raise BadLog(f"{self.path}: cannot be read to its end ({error.strerror}).") from error
        finally:
            os.close(self._descriptor)

    def _pieces(self) -> Iterator[Piece]:
        line, rest = 1, b""
        for block in self._blocks():
            *lines, rest = (rest + block).split(b"\n")
            for whole in lines:
                for text in whole.split(b"\r"):
                    if text:
                        yield Piece(line, text, True)
                line += 1
            *texts, rest = rest.split(b"\r")
            yield from (Piece(line, text, True) for text in texts if text)
            if len(rest) > LONGEST_PIECE_BYTES:
                yield Piece(line, rest, False)
                rest = b""
        if rest:
            yield Piece(line, rest, False)

    def _blocks(self) -> Iterator[bytes]:
        is_first = True
        while block := os.read(self._descriptor, BLOCK_BYTES):
            self._digest.update(block)
            if is_first and b"\0" in block:
                raise BadLog(f"{self.path}: holds NUL bytes, so it is no text. Save it as UTF-8.")
            yield block.removeprefix(b"\xef\xbb\xbf") if is_first else block
            is_first = False
