"""Why a trainer ended, in words, from its return code, its last words and what the machine says.

Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import re
import signal
import time
from dataclasses import dataclass, replace

from iqa_tui.service.cuda_errors import fault_words, is_of_the_driver
from iqa_tui.service.ended import Ended
from iqa_tui.service.last_words import LONGEST_CAUSE, last_words, plain_text, shortened
from training.runfolder.exits import EXIT_STOPPED, GPU_OUT_OF_MEMORY_TEXT, NO_ENGINE_TEXT, ExitKind
from training.runfolder.schema import StopRequest

ABORTED = re.compile(r"what\(\):\s*(\S.*)")
"""What C++ prints of an uncaught exception."""
HOST_OUT_OF_MEMORY = re.compile(r"^MemoryError|DefaultCPUAllocator: (?:can't allocate|not enough) memory")
CAPACITY = re.compile(r"total capacity of ([\d.]+) (\w+) of which ([\d.]+) (\w+) is free")
OLD_CAPACITY = re.compile(r"([\d.]+) (\w+) total capacity;.*?([\d.]+) (\w+) free;")
"""torch before 2.1."""
BYTES = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
NOT_FINITE = re.compile(r"\b(loss|gradient|weights)\b.*\bnot finite\b", re.IGNORECASE)
WORKER_KILLED = re.compile(r"DataLoader worker .*(killed by signal: Killed|exited unexpectedly)|BrokenProcessPool")
"""What torch and Python say of a worker that the kernel killed."""


NO_ROOM = re.compile(r"No space left on device|Disk quota exceeded|File too large")
MEANINGS = {
    signal.SIGSEGV: "a crash in native code",
    signal.SIGBUS: "the disk of the image cache or /dev/shm failed or is full, or it was cut; a retry then mends it",
    signal.SIGABRT: "it aborted itself; its output says why",
    signal.SIGILL: "an instruction that this CPU does not have",
    signal.SIGFPE: "a division by zero in native code",
    signal.SIGXCPU: "it used up its CPU time limit",
    signal.SIGXFSZ: "a file reached its size limit",
    signal.SIGSYS: "a system call that this container forbids",
    signal.SIGKILL: "from outside, by kill -9 or a guard of the memory such as earlyoom",
    signal.SIGTERM: "from outside, by a user or the system",
    signal.SIGINT: "from outside, as by Ctrl-C",
    signal.SIGHUP: "from outside, as by a terminal that was closed",
    signal.SIGPIPE: "the program that read its output had exited",
}
SHELL_BASE = 128
"""A shell exits with this plus the signal's number if the command that it ran was killed."""
SIGNALS_OF_A_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL)
ORDERLY_ENDS = (
    *(0, EXIT_STOPPED),
    *(-number for number in SIGNALS_OF_A_STOP),
    *(SHELL_BASE + number for number in SIGNALS_OF_A_STOP),
)
"""Of a trainer that was asked to stop."""


@dataclass(frozen=True, slots=True)
class Ending:
    """All that is known of how a trainer ended."""

    returncode: int
    """Negative: the number of the signal that killed it."""
    output: bytes
    """The end of what it printed."""
    stop: StopRequest | None = None
    """The request that the trainer was told of."""
    is_ours: bool = True
    """Our trainer: it writes a result, and its codes have a meaning."""
    has_result: bool = False
    oom_kills: int = 0
    """Processes that the kernel killed for memory, anywhere on the machine, lately."""
    device: str = ""
    """`GPU 0`."""
    disk_is_full: bool = False
    """Where the runs are."""
    at_time_limit: bool = False
    """The stop was asked for by its time limit."""
    ended: Ended | None = None
    """What our trainer said of it; None for an external trainer, and if it could say nothing."""


def explain(ending: Ending) -> tuple[ExitKind, str]:
    """The kind of the end, and its cause in words (empty if it just finished)."""
    code = ending.returncode
    if ending.has_result or (code == 0 and not ending.is_ours and ending.stop is None):
        return ExitKind.FINISHED, ""
    if ending.stop is not None:
        kind = ExitKind.TIME_LIMIT if ending.at_time_limit else ExitKind.STOPPED
        return kind, _stopped(ending, ending.stop)
    if code == 0:
        return ExitKind.FAILED, "exit 0 without a result"
    if ending.is_ours and code == EXIT_STOPPED:
        return ExitKind.STOPPED, f"stopped by a signal from outside{_where(ending)}"
    return _own_end(ending)


def _stopped(ending: Ending, stop: StopRequest) -> str:
    words = f"stopped by {stop.by}, {time.strftime('%H:%M', time.localtime(stop.when))}"
    if ending.is_ours and ending.returncode == EXIT_STOPPED:
        words += _where(ending)
    if stop.why:
        words += f": {stop.why}"
    if ending.returncode == -signal.SIGKILL:
        words += f" (killed, as it did not end within {stop.grace_seconds:g} s)"
    if ending.returncode not in ORDERLY_ENDS:
        words += f" (its own end: {_own_end(ending)[1]})"
    return words


def time_limit_words(seconds: float) -> str:
    """Whom to name if its time is over: `its time limit of 36 h`, in the largest unit of which it is two or more."""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"its time limit of {seconds / size:.3g} {unit}"
    return f"its time limit of {seconds:.3g} s"


def _where(ending: Ending) -> str:
    """`, at step 310 of epoch 2`, with a note if it has no checkpoint; empty if our trainer did not say."""
    return f", {ending.ended.where}" if ending.ended is not None and ending.ended.where else ""


def _own_end(ending: Ending) -> tuple[ExitKind, str]:
    return _signalled(ending) if ending.returncode < 0 else _failed(ending)


def _signalled(ending: Ending) -> tuple[ExitKind, str]:
    number = -ending.returncode
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if number == signal.SIGKILL and ending.oom_kills > 0:
        return ExitKind.HOST_OUT_OF_MEMORY, f"killed by {name}: the machine ran out of memory"
    if number == signal.SIGABRT and (said := ABORTED.findall(plain_text(ending.output))):
        return _kind_of_abort(said[-1]), f"killed by {name}: {_with_fault(shortened(said[-1]))}"
    meaning = f": {MEANINGS[signal.Signals(number)]}" if number in MEANINGS else ""
    return ExitKind.SIGNAL, f"killed by {name}{meaning}"


def _kind_of_abort(words: str) -> ExitKind:
    if GPU_OUT_OF_MEMORY_TEXT.search(words):
        return ExitKind.GPU_OUT_OF_MEMORY
    return ExitKind.DRIVER if is_of_the_driver(words) else ExitKind.SIGNAL


def _with_fault(words: str) -> str:
    fault = fault_words(words)
    return f"{words} ({fault})" if fault else words


def _failed(ending: Ending) -> tuple[ExitKind, str]:
    if ending.returncode - SHELL_BASE in MEANINGS:
        kind, cause = _signalled(replace(ending, returncode=SHELL_BASE - ending.returncode))
        return kind, f"exit {ending.returncode}: its command was {cause}"
    text = plain_text(ending.output)
    words = last_words(ending.output)
    cause = f"exit {ending.returncode}: {words}" if words else f"exit {ending.returncode} without a word"
    kind = _kind_of_failure(ending, words)
    if kind is ExitKind.GPU_OUT_OF_MEMORY and NO_ENGINE_TEXT.search(words):
        return kind, f"{cause} (mostly said if GPU memory is full)"
    if kind is ExitKind.GPU_OUT_OF_MEMORY:
        return kind, _out_of_memory(ending, cause, text)
    if kind is ExitKind.HOST_OUT_OF_MEMORY:
        return kind, f"{cause}: the machine ran out of memory"
    if kind is ExitKind.DISK_FULL and not NO_ROOM.search(words):
        return kind, f"{cause} (the disk of the runs is full)"
    return kind, _with_fault(cause) if kind is ExitKind.FAILED else cause


def _kind_of_failure(ending: Ending, words: str) -> ExitKind:
    """What our trainer said; else the first sign that fits."""
    if ending.ended is not None and ending.ended.how not in (ExitKind.FAILED, ExitKind.STOPPED):
        return ending.ended.how
    host_memory = HOST_OUT_OF_MEMORY.search(words) or (ending.oom_kills > 0 and WORKER_KILLED.search(words))
    signs = (
        (GPU_OUT_OF_MEMORY_TEXT.search(words), ExitKind.GPU_OUT_OF_MEMORY),
        (host_memory, ExitKind.HOST_OUT_OF_MEMORY),
        (NO_ROOM.search(words) or ending.disk_is_full, ExitKind.DISK_FULL),
        (NOT_FINITE.search(words), ExitKind.NOT_FINITE),
        (is_of_the_driver(words), ExitKind.DRIVER),
        (ending.is_ours and ending.returncode == 2, ExitKind.USAGE),
    )
    return next((kind for sign, kind in signs if sign), ExitKind.FAILED)


def _out_of_memory(ending: Ending, cause: str, text: str) -> str:
    """What our trainer says names the batch size and what to do; what torch says does not."""
    details = _memory_details(text, ending.device)
    if ending.ended is not None:
        return shortened(cause, LONGEST_CAUSE - len(details)) + details
    return f"exit {ending.returncode}: CUDA out of memory{details}"


def _memory_details(text: str, device: str) -> str:
    """` (GPU 0, 23.6 of 24.0 GiB)`, as far as torch told; empty if it told nothing."""
    details = [device] if device else []
    capacities = CAPACITY.findall(text) or OLD_CAPACITY.findall(text)
    if capacities:
        total, total_unit, free, free_unit = capacities[-1]
        total_gib, free_gib = _gib(total, total_unit), _gib(free, free_unit)
        details.append(f"{total_gib - free_gib:.1f} of {total_gib:.1f} GiB")
    return f" ({', '.join(details)})" if details else ""


def _gib(number: str, unit: str) -> float:
    return float(number) * BYTES.get(unit, 0) / BYTES["GiB"]
