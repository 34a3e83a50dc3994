"""What /proc tells of a process, empty if it is gone."""

from __future__ import annotations

from pathlib import Path


def is_alive(pid: int) -> bool:
    """There, and no zombie."""
    return read(pid, "stat").rpartition(b")")[2].split()[:1] not in ([], [b"Z"], [b"X"])


def start_ticks(pid: int) -> int:
    return int(read(pid, "stat").rpartition(b")")[2].split()[19])


def environment(pid: int) -> dict[str, str]:
    pairs = (word.partition(b"=") for word in read(pid, "environ").split(b"\0") if b"=" in word)
    return {name.decode(): value.decode(errors="replace") for name, _, value in pairs}


def words_of(pid: int) -> bytes:
    return read(pid, "cmdline") + b"\0" + read(pid, "environ")


def read(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""
