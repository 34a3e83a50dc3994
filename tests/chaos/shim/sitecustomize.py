"""Loaded by every interpreter of a chaos run before its own program: a clock that can be stepped, and breaks on purpose.

The clock: `time.time` is the machine's plus what stands in the file `CHAOS_CLOCK`; the machine's own is never touched.
The breaks (`CHAOS_BREAK`) each violate one promise, so that it can be shown that the judge sees it.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time


def step_the_clock(path: str) -> None:
    with open(path, "rb") as file:  # noqa: PTH123  every interpreter loads this: nothing more than it needs
        offset = mmap.mmap(file.fileno(), 8, prot=mmap.PROT_READ)
    true_time = time.time
    time.time = lambda: true_time() + struct.unpack("d", offset[:8])[0]


def is_running(module: str) -> bool:
    return any(module in word for word in sys.orig_argv)


def break_leases() -> None:
    """Every taker gets every device."""
    from iqa_tui.devices import lease

    lease.take_lease = lambda *_, **__: os.open(os.devnull, os.O_RDONLY)
    lease.lease_holders = lambda *_, **__: ()


def break_states() -> None:
    """Ends are written down without a cause."""
    from iqa_tui.service import causes
    from training.runfolder.exits import ExitKind

    causes.explain = lambda ending: (ExitKind.FAILED, "")


def break_processes() -> None:
    """Nothing that outlives a trainer is ended."""
    from iqa_tui.processes import child as children
    from iqa_tui.processes import strays

    children.Child.sweep = lambda self: None
    strays.end_strays = lambda *_, **__: 0


def break_results() -> None:
    """Results are said to be written, and are not."""
    from training.runfolder import write
    from training.runfolder.schema import Result

    write_record = write.write_record
    write.write_record = lambda path, record: None if isinstance(record, Result) else write_record(path, record)


def break_events() -> None:
    """A resumed run begins its events anew."""
    from training.runfolder.write import EventWriter

    begin = EventWriter.__init__

    def begin_anew(self: EventWriter, path: os.PathLike[str], *rest: object) -> None:
        begin(self, path, *rest)
        os.truncate(path, 0)

    EventWriter.__init__ = begin_anew


IN_THE_LAUNCHER = {"leases": break_leases, "states": break_states, "processes": break_processes}
IN_THE_TRAINER = {"results": break_results, "events": break_events}

if "CHAOS_CLOCK" in os.environ:
    step_the_clock(os.environ["CHAOS_CLOCK"])
for name in filter(None, os.environ.get("CHAOS_BREAK", "").split(",")):
    if is_running("chaos/trainer.py"):
        IN_THE_TRAINER.get(name, lambda: None)()
    elif is_running("iqa_tui.service."):
        IN_THE_LAUNCHER.get(name, lambda: None)()
