"""What may stand in the place of a file, put there by another user."""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_link(path: Path) -> None:
    (path.parent / "dear to me").touch()
    path.symlink_to(path.parent / "dear to me")


def make_hard_link(path: Path) -> None:
    (path.parent / "dear to me").touch()
    path.hardlink_to(path.parent / "dear to me")


def make_folder(path: Path) -> None:
    path.mkdir()


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening, contextlib.chdir(path.parent):  # a socket's path is short
        listening.bind(path.name)
