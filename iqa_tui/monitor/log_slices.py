"""Reads parts of a log that can be understood by themselves: each begins a line that no cursor goes above."""

from __future__ import annotations

import os
import re

SLICE_BYTES = 128 << 10
LONGEST_SLICE = 2 << 20
"""A progress bar without a newline, or nested bars, may go on for hours: after so many bytes it is cut anyway."""
BARS_BYTES = 2048
"""Nested bars go up again within so many bytes, and come down."""

GOES_UP = re.compile(rb"\x1b\[\d{0,4}[AF]")


def read_between(descriptor: int, start: int, end: int) -> bytes:
    """The bytes between two offsets; fewer if the file is shorter."""
    parts = []
    while start < end and (part := os.pread(descriptor, end - start, start)):
        parts.append(part)
        start += len(part)
    return b"".join(parts)


def slice_before(descriptor: int, end: int, size: int = SLICE_BYTES) -> tuple[int, bytes]:
    """What stands before an offset: where it begins and the bytes, about so many or all that there are."""
    while True:
        start = max(0, end - size)
        data = read_between(descriptor, start, end)
        begun = 0 if start == 0 else first_line(data)
        if begun is None and size < LONGEST_SLICE:
            size *= 4
            continue
        if begun is None:
            begun = (data.find(b"\n") + 1) % max(1, len(data))
        return start + begun, data[begun:]


def slice_after(descriptor: int, start: int, file_size: int) -> bytes:
    """What stands after an offset: whole lines, or all up to the end of the file."""
    size = SLICE_BYTES
    while True:
        data = read_between(descriptor, start, min(file_size, start + size))
        if start + len(data) >= file_size:
            return data
        end = last_line(data)
        if end is None and size < LONGEST_SLICE:
            size *= 4
            continue
        return data[: end or data.rfind(b"\n") + 1 or len(data)]


def first_line(data: bytes) -> int | None:
    """Where the first line begins that no cursor goes above; None if none does, or only at the end."""
    for first, end in _quiet(data):
        newline = data.find(b"\n", first, end)
        if 0 <= newline < len(data) - 1:
            return newline + 1
    return None


def last_line(data: bytes) -> int | None:
    """As `first_line`, where the last such line begins; it may begin at the end."""
    for first, end in reversed(_quiet(data)):
        newline = data.rfind(b"\n", first, end)
        if newline >= 0:
            return newline + 1
    return None


def _quiet(data: bytes) -> list[tuple[int, int]]:
    """The parts before and after which no cursor goes up for a while."""
    parts, first = [], 0
    if b"\x1b" not in data:
        return [(0, len(data))]
    for move in GOES_UP.finditer(data):
        if move.start() - BARS_BYTES > first:
            parts.append((first, move.start() - BARS_BYTES))
        first = move.end() + BARS_BYTES
    return [*parts, (first, len(data))] if first < len(data) else parts
