"""Why a trainer ended, in words, from its return code, its last words and what the machine says.

Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import re
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from training.runfolder.schema import EXIT_STOPPED, ExitKind, StopRequest

TAIL_BYTES = 64 << 10
"""How much of the output's end is searched for a cause; a traceback fits many times."""
LONGEST_CAUSE = 300

SIGNALS_IN_WORDS: dict[int, str] = {
    signal.SIGBUS: ": the disk of the image cache failed, or the cache was cut while it was read; a retry makes it anew"
}
"""What a signal most often means in a trainer, where its name does not say it."""

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
TRACEBACK = "Traceback (most recent call last):"
OUT_OF_MEMORY = re.compile(r"CUDA out of memory|OutOfMemoryError|CUBLAS_STATUS_ALLOC_FAILED")
OUR_OUT_OF_MEMORY = "CUDA out of memory at --batch_size"
CAPACITY = re.compile(r"total capacity of ([\d.]+) ([GM]iB) of which ([\d.]+) ([GM]iB) is free")
NOT_FINITE = re.compile(r"\b(loss|gradient|weights)\b.*\bnot finite\b", re.IGNORECASE)
DRIVER_LOST = re.compile(
    r"GPU is lost|fallen off the bus|uncorrectable ECC|unspecified launch failure|driver shutting down", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Ending:
    """All that is known of how a trainer ended."""

    returncode: int
    """Negative: the number of the signal that ended it."""
    output: bytes
    """The end of what it printed."""
    stop: StopRequest | None = None
    """Somebody asked for it, and the trainer was told."""
    is_ours: bool = True
    """Our trainer: it writes a result, and its codes have a meaning."""
    has_result: bool = False
    oom_kills: int = 0
    """Processes that the kernel killed for memory, anywhere on the machine, since the trainer started."""
    device: str = ""
    """`GPU 0`."""


def explain(ending: Ending) -> tuple[ExitKind, str]:
    """The kind of the end, and its cause in words (empty where it is just finished)."""
    code = ending.returncode
    if ending.has_result or (code == 0 and not ending.is_ours and ending.stop is None):
        return ExitKind.FINISHED, ""
    if ending.stop is not None:
        return ExitKind.STOPPED, _stopped(ending, ending.stop)
    if code < 0:
        return _signalled(ending)
    if code == 0:
        return ExitKind.FAILED, "exit 0 without a result"
    if ending.is_ours and code == EXIT_STOPPED:
        return ExitKind.STOPPED, "stopped by a signal from outside; its checkpoint is written"
    return _failed(ending)


def _stopped(ending: Ending, stop: StopRequest) -> str:
    words = f"stopped by {stop.by}, {time.strftime('%H:%M', time.localtime(stop.when))}"
    if stop.why:
        words += f": {stop.why}"
    if ending.returncode == -signal.SIGKILL:
        words += f" (killed, as it did not end within {stop.grace_seconds:g} s)"
    return words


def _signalled(ending: Ending) -> tuple[ExitKind, str]:
    number = -ending.returncode
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if number == signal.SIGKILL and ending.oom_kills > 0:
        return ExitKind.HOST_OUT_OF_MEMORY, f"killed by {name}: the machine ran out of memory"
    return ExitKind.SIGNAL, f"killed by {name}{SIGNALS_IN_WORDS.get(number, '')}"


def _failed(ending: Ending) -> tuple[ExitKind, str]:
    text = _text(ending.output)
    words = last_words(ending.output)
    cause = f"exit {ending.returncode}: {words}" if words else f"exit {ending.returncode} without a word"
    if OUT_OF_MEMORY.search(words):
        memory = _out_of_memory(text, ending.device)
        if words.startswith(OUR_OUT_OF_MEMORY):  # it goes on with the batch size and what to do
            memory += words.removeprefix("CUDA out of memory")
        return ExitKind.GPU_OUT_OF_MEMORY, _shortened(f"exit {ending.returncode}: {memory}")
    if NOT_FINITE.search(words):
        return ExitKind.NOT_FINITE, cause
    if DRIVER_LOST.search(words):
        return ExitKind.DRIVER, cause
    if ending.is_ours and ending.returncode == 2:
        return ExitKind.USAGE, cause
    return ExitKind.FAILED, cause


def _out_of_memory(text: str, device: str) -> str:
    """`CUDA out of memory (GPU 0, 23.6 of 24.0 GiB)`, as far as torch told."""
    details = [device] if device else []
    capacities = CAPACITY.findall(text)
    if capacities:
        total, total_unit, free, free_unit = capacities[-1]
        total_gib, free_gib = _gib(total, total_unit), _gib(free, free_unit)
        details.append(f"{total_gib - free_gib:.1f} of {total_gib:.1f} GiB")
    return "CUDA out of memory" + (f" ({', '.join(details)})" if details else "")


def _gib(number: str, unit: str) -> float:
    return float(number) / (1 if unit == "GiB" else 1024)


def last_words(output: bytes) -> str:
    """The line that says most: the last `error: …`, else what the last traceback ends in, else the last line."""
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", _text(output)) if line.strip()]
    for line in reversed(lines):
        if line.startswith("error: "):
            return _shortened(line.removeprefix("error: "))
    starts = [number for number, line in enumerate(lines) if line.strip() == TRACEBACK]
    if starts:
        for line in lines[starts[-1] + 1 :]:
            if not line.startswith((" ", "\t")):  # frames are indented; the exception is not
                return _shortened(line)
    return _shortened(lines[-1]) if lines else ""


def _text(output: bytes) -> str:
    return ESCAPES.sub("", output.decode(errors="replace"))


def _shortened(line: str) -> str:
    line = "".join(character if character.isprintable() else " " for character in line).strip()
    return line if len(line) <= LONGEST_CAUSE else line[: LONGEST_CAUSE - 1] + "…"


def tail(path: Path) -> bytes:
    """The end of a file; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - TAIL_BYTES))
            return file.read()
    except OSError:
        return b""


def oom_kills() -> int:
    """Processes killed for memory since boot; 0 where the kernel does not tell."""
    try:
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    except (OSError, ValueError):
        pass
    return 0
