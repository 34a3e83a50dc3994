"""`machine.jsonl`: what the machine shows of a run while it runs, a line every ten seconds.

Measured beside the trainer, so it needs nothing of it, and it stays in the folder when the run has ended.
"""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass, field
from typing import Any

from training.runfolder.errors import UnreadableFile
from training.runfolder.fence import check_fence
from training.runfolder.layout import RunFolder
from training.runfolder.opening import open_regular, read_bounded
from training.runfolder.write import FILE_MODE, finite, remove_left_over, write_atomic

MOST_LINES = 4096
"""Eleven hours of lines. Every second one of a file this long is removed."""
LONGEST_SAMPLE_BYTES = 8 << 10
"""A line of sixteen GPUs has some 3,000."""
LARGEST_MACHINE_BYTES = 8 << 20
"""Of a file of `MOST_LINES` lines of eight GPUs. A longer one is some other file."""


@dataclass(frozen=True, slots=True)
class GpuUse:
    """One GPU of a run at one moment. None: the driver does not tell."""

    key: str
    """Name of its lease: the UUID."""
    index: int | None = None
    memory_bytes: int | None = None
    """Of the run's own processes. In a container, which cannot name them: all that is used, if it is alone."""
    utilisation_percent: int | None = None
    """Of the GPU, whoever uses it."""
    power_watts: float | None = None
    temperature_celsius: int | None = None


@dataclass(frozen=True, slots=True)
class MachineSample:
    """One line of `machine.jsonl`."""

    t: float
    """Unix seconds."""
    attempt: int
    memory_bytes: int | None = None
    """Resident memory of all processes of the run, with what they share counted once; None if it is not known."""
    processes: int = 0
    gpus: list[GpuUse] = field(default_factory=list)
    """Empty for a run on the CPU."""
    peak_gpu_memory_bytes: int | None = None
    """Largest sum over the GPUs in this attempt so far, so that it outlives lines that are removed."""


class MachineLog:
    """Appends to `machine.jsonl`; one writer at a time. Raises `Fenced` if another attempt has the run."""

    def __init__(self, run: RunFolder, attempt: int, most_lines: int = MOST_LINES) -> None:
        """Count what is there.

        Raises:
            UnreadableFile: something else than such a file has its name.
            OSError: it cannot be read.
        """
        self._path = run.machine
        self._attempt = attempt
        self._most_lines = most_lines
        remove_left_over(self._path)
        self._lines = _content(run).count(b"\n")
        self._peak_bytes = peak_gpu_memory(run, attempt)

    def append(self, sample: MachineSample) -> bool:
        """Write one line, with the peak so far.

        Returns:
            False if the disk did not take it: a sample is not worth another try.
        """
        known = [gpu.memory_bytes for gpu in sample.gpus if gpu.memory_bytes is not None]
        if known:
            self._peak_bytes = max(self._peak_bytes or 0, sum(known))
        content = dataclasses.asdict(dataclasses.replace(sample, peak_gpu_memory_bytes=self._peak_bytes))
        line = json.dumps(finite(content), separators=(",", ":"), allow_nan=False).encode() + b"\n"
        try:
            if self._lines >= self._most_lines:
                self._thin()
            check_fence(fresh=True)
            self._write(line)
        except (OSError, UnreadableFile):
            return False
        self._lines += 1
        return True

    def _write(self, line: bytes) -> None:
        descriptor = open_regular(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, FILE_MODE)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":  # its writer was killed in the middle of a line
                line = b"\n" + line
            if os.write(descriptor, line) < len(line):
                os.ftruncate(descriptor, size)
                raise OSError("the disk took half a line")
        finally:
            os.close(descriptor)

    def _thin(self) -> None:
        """Keep every second line, the newest among them."""
        lines = read_bounded(self._path, LARGEST_MACHINE_BYTES).splitlines(keepends=True)
        kept = lines[::-1][::2][::-1]
        write_atomic(self._path, b"".join(kept))
        self._lines = len(kept)


def _content(run: RunFolder) -> bytes:
    try:
        return read_bounded(run.machine, LARGEST_MACHINE_BYTES)
    except FileNotFoundError:
        return b""


def peak_gpu_memory(run: RunFolder, attempt: int) -> int | None:
    """The peak that the last line of this attempt tells; None if there is none at the end of the file."""
    try:
        descriptor = open_regular(run.machine)
    except (OSError, UnreadableFile):
        return None
    try:
        size = os.fstat(descriptor).st_size
        end = os.pread(descriptor, 2 * LONGEST_SAMPLE_BYTES, max(0, size - 2 * LONGEST_SAMPLE_BYTES))
    except OSError:
        return None
    finally:
        os.close(descriptor)
    peaks = (_peak_in(line, attempt) for line in reversed(end.split(b"\n")[:-1]))
    return next((peak for peak in peaks if peak is not None), None)


def _peak_in(line: bytes, attempt: int) -> int | None:
    try:
        content: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if type(content) is not dict or content.get("attempt") != attempt:
        return None
    peak = content.get("peak_gpu_memory_bytes")
    return peak if type(peak) is int and 0 <= peak < 2**63 else None
