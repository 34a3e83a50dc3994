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
from training.runfolder.fields import LARGEST_NUMBER, LARGEST_WHOLE, LAST_SECOND, MOST_ATTEMPTS
from training.runfolder.layout import RunFolder
from training.runfolder.opening import open_regular, read_bounded
from training.runfolder.text import plain
from training.runfolder.write import FILE_MODE, finite, remove_left_over, write_atomic

MOST_LINES = 4096
"""Eleven hours of lines. Every second one of a file this long is removed."""
LONGEST_SAMPLE_BYTES = 8 << 10
"""A line of sixteen GPUs has some 3,000."""
LONGEST_WORDS = 400
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
    """Of the GPU, by all processes on it."""
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
    gpus_unknown: str = ""
    """Why it tells nothing of the run's GPUs, in words; empty if it does, and for a run on the CPU."""


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
        if not sample.gpus_unknown:
            del content["gpus_unknown"]
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
    samples = map(parse_sample, reversed(end.split(b"\n")[:-1]))
    peaks = (sample.peak_gpu_memory_bytes for sample in samples if sample and sample.attempt == attempt)
    return next((peak for peak in peaks if peak is not None), None)


def parse_sample(line: bytes) -> MachineSample | None:
    """One line without its newline; None if it is torn, or no sample. A field that is not what it must be is None."""
    if len(line) > LONGEST_SAMPLE_BYTES:
        return None
    try:
        content: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if type(content) is not dict:
        return None
    t: Any = content.get("t")
    attempt, gpus = content.get("attempt"), content.get("gpus")
    if type(t) not in (int, float) or type(attempt) is not int:
        return None
    if not (0 <= t <= LAST_SECOND and 1 <= attempt <= MOST_ATTEMPTS):  # nor is a time that is no number
        return None
    return MachineSample(
        float(t),
        attempt,
        _whole(content, "memory_bytes"),
        _whole(content, "processes") or 0,
        [_gpu_use(gpu) for gpu in gpus if type(gpu) is dict] if type(gpus) is list else [],
        _whole(content, "peak_gpu_memory_bytes"),
        plain(words, LONGEST_WORDS) if type(words := content.get("gpus_unknown")) is str else "",
    )


def _gpu_use(content: dict[str, Any]) -> GpuUse:
    power: Any = content.get("power_watts")
    is_power = type(power) in (int, float) and 0 <= power <= LARGEST_NUMBER
    key = content.get("key")
    return GpuUse(
        plain(key) if type(key) is str else "",
        _whole(content, "index"),
        _whole(content, "memory_bytes"),
        _whole(content, "utilisation_percent"),
        float(power) if is_power else None,
        _whole(content, "temperature_celsius"),
    )


def _whole(content: dict[str, Any], name: str) -> int | None:
    value = content.get(name)
    return value if type(value) is int and 0 <= value <= LARGEST_WHOLE else None


class SampleTail:
    """Follows one `machine.jsonl`; each `poll` gives what is new.

    What follows the last newline is held back until its newline comes. Lines that are no samples are skipped. A file
    that was thinned is read anew: `restarted` grows by one.
    """

    def __init__(self, run: RunFolder) -> None:
        self.restarted = 0
        self._path = run.machine
        self._offset = 0
        self._inode: int | None = None

    def poll(self) -> list[MachineSample]:
        """The samples since the last call; [] if there is no file, or what is there is none."""
        try:
            descriptor = open_regular(self._path)
        except (OSError, UnreadableFile):
            return []
        try:
            chunk = self._next_chunk(descriptor)
        except OSError:
            return []
        finally:
            os.close(descriptor)
        lines = chunk[: chunk.rfind(b"\n") + 1]
        self._offset += len(lines)
        samples = map(parse_sample, lines.split(b"\n")[: 2 * MOST_LINES])
        return [sample for sample in samples if sample is not None]

    def _next_chunk(self, descriptor: int) -> bytes:
        state = os.fstat(descriptor)
        if self._inode is not None and (state.st_ino != self._inode or state.st_size < self._offset):
            self._offset, self.restarted = 0, self.restarted + 1
        self._inode = state.st_ino
        if state.st_size == self._offset or state.st_size > LARGEST_MACHINE_BYTES:
            return b""
        return os.pread(descriptor, LARGEST_MACHINE_BYTES, self._offset)
