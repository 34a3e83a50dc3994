"""The NVIDIA driver, asked without danger: by a small process that may hang or crash.

One look waits for a query; later looks only see whether it was answered. After a while the query is given up and its
process replaced, each time after a longer pause. Meanwhile the last good samples are kept, with their age.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from iqa_tui.devices.gpus.sample import GpuProcess, GpuSample, XidSeen
from iqa_tui.words.durations import duration_words

START_SECONDS = 20.0
"""The first answer is waited for this long: without persistence mode a driver wakes each GPU up first, one after the
other; 12 s were seen.
"""
ANSWER_SECONDS = 3.0
"""Later ones."""
WAKE_SECONDS = 60.0
"""A first answer is given up after this long: if its process is killed earlier, the driver falls asleep again and the
next query waits as long.
"""
GIVE_UP_SECONDS = 20.0
"""After this long a later query is given up and its process killed."""
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
NORMAL_PAUSE_SECONDS = 30.0
"""A machine without a driver is asked again after this: the driver may be loaded by then."""
MAY_WAKE = "it may be waking up; `sudo nvidia-smi -pm 1`, persistence mode, keeps it awake"
STUCK = "The NVIDIA driver does not answer, and the process that asks it is stuck in it: only a reboot helps"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is known of the GPUs."""

    samples: tuple[GpuSample, ...] = ()
    """The last good ones, in PCI order; () before the first."""
    taken_at: float = 0.0
    """Unix seconds of the samples; 0 if there are none."""
    trouble: str = ""
    """Why there are no fresh ones, in words; empty if they are fresh."""
    is_normal: bool = True
    """False: there should be an answer. True with trouble: a machine without GPUs."""
    driver_version: str | None = None
    cuda_version: tuple[int, int] | None = None
    """The newest CUDA that the driver can run; None if it does not tell."""
    xids: tuple[XidSeen, ...] = ()
    """What the driver reported between the previous answer and this one."""
    may_be_waking: bool = False
    """True with trouble: it may pass by itself, since a driver without persistence mode takes a while to wake up."""

    @property
    def is_fresh(self) -> bool:
        return not self.trouble


class Driver:
    """Asks again and again. For one thread; no look takes longer than `START_SECONDS`."""

    def __init__(
        self,
        command: Sequence[str],
        env: dict[str, str],
        *,
        start_seconds: float = START_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
        give_up_seconds: float = GIVE_UP_SECONDS,
        wake_seconds: float = WAKE_SECONDS,
    ) -> None:
        """Start nothing yet.

        Args:
            command: that runs `iqa_tui.devices.gpus.sampler`; our pid is added to it.
            env: for it.
        """
        self._command, self._env = list(command), env
        self._start_seconds, self._answer_seconds = start_seconds, answer_seconds
        self._give_up_seconds, self._wake_seconds = give_up_seconds, wake_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._end: weakref.finalize[Any, Any] | None = None
        self._asked: float | None = None
        """When the query under way was asked, monotonic; None if there is none."""
        self._silent_since: float | None = None
        """When the first unanswered query was asked, monotonic; several processes may have tried since."""
        self._waited = False
        """The query under way has been waited for: later looks only see whether it was answered."""
        self._received = b""
        self._has_answered = False
        self._failures = 0
        self._next_start = float("-inf")
        self._left_behind: subprocess.Popen[bytes] | None = None
        """The last process that was killed: one that is stuck in the kernel stays."""
        self._reading = Reading()

    def look(self) -> Reading:
        """The GPUs as they are now, or why they cannot be seen and as they were last."""
        self.ask()
        if self._asked is not None:
            self._await_answer()
        return self._reading

    def ask(self) -> None:
        """Begin a query without waiting for it; the next look does."""
        if self._process is None:
            if time.monotonic() < self._next_start or self._is_stuck():
                return
            self._start()
        if self._process is not None and self._asked is None:
            self._ask()

    def close(self) -> None:
        """Kill the process, whatever it is doing."""
        if self._end is not None:
            self._end()
            self._left_behind = self._process
        self._process = self._end = self._asked = None

    def _is_stuck(self) -> bool:
        """Another process would get stuck too, and another, all night long."""
        if self._left_behind is None or self._left_behind.poll() is not None:
            return False
        self._reading = replace(self._reading, trouble=STUCK, is_normal=False)
        return True

    def _start(self) -> None:
        try:
            self._process = subprocess.Popen(
                [*self._command, str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._env,
                start_new_session=True,  # Ctrl-C at the terminal is not meant for it
            )
        except OSError as error:
            self._fail(f"The process that asks the NVIDIA driver cannot be started ({error.strerror})")
            return
        self._end = weakref.finalize(self, _end_process, self._process)
        self._received, self._has_answered = b"", False

    def _ask(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._asked, self._waited = time.monotonic(), False
        if self._silent_since is None:
            self._silent_since = self._asked
        with contextlib.suppress(OSError):  # it has exited: the end of its output says so
            os.write(self._process.stdin.fileno(), b"\n")

    def _await_answer(self) -> None:
        """Take the answer if it is there; wait for it once."""
        assert self._process is not None
        assert self._process.stdout is not None
        assert self._asked is not None
        patience = self._answer_seconds if self._has_answered else self._start_seconds
        deadline = time.monotonic() if self._waited else self._asked + patience
        self._waited = True
        descriptor = self._process.stdout.fileno()
        while b"\n" not in self._received:
            left = max(0.0, deadline - time.monotonic())
            if not select.select([descriptor], [], [], left)[0]:
                self._overdue(self._asked)
                return
            piece = os.read(descriptor, 1 << 16)
            if not piece:
                self._fail(_end_words(self._process))
                return
            self._received += piece
        try:
            self._take(json.loads(self._received))
        except (ValueError, TypeError, KeyError):
            self._fail("The process that asks the NVIDIA driver gave no sensible answer")
            return
        self._received, self._asked = b"", None

    def _take(self, answer: dict[str, Any]) -> None:
        self._silent_since = None
        if "unavailable" in answer:
            self._fail(answer["unavailable"], is_normal=answer["is_normal"])
            return
        self._has_answered, self._failures = True, 0
        cuda = answer["cuda"]
        self._reading = Reading(
            samples=tuple(_sample(fields) for fields in answer["samples"]),
            taken_at=answer["taken_at"],
            driver_version=answer["driver"],
            cuda_version=(cuda[0], cuda[1]) if cuda else None,
            xids=tuple(XidSeen(tuple(seen["keys"]), seen["xid"]) for seen in answer["xids"]),
        )

    def _overdue(self, asked: float) -> None:
        now = time.monotonic()
        since = asked if self._silent_since is None else self._silent_since
        words = f"The NVIDIA driver has not answered for {duration_words(now - since)}"
        may_be_waking = self._may_be_waking(now - since)
        if may_be_waking:
            words += f" ({MAY_WAKE})"
        if now - asked >= (self._give_up_seconds if self._has_answered else self._wake_seconds):
            self._fail(words)
        else:
            self._reading = replace(self._reading, trouble=words, is_normal=False, may_be_waking=may_be_waking)

    def _may_be_waking(self, silent_seconds: float) -> bool:
        """A process that has had an answer keeps the driver awake, and so does persistence mode."""
        if self._has_answered or silent_seconds > self._wake_seconds:
            return False
        samples = self._reading.samples
        return not samples or not all(sample.has_persistence for sample in samples)

    def _fail(self, words: str, *, is_normal: bool = False) -> None:
        """Kill the process; start another one after a pause. The last samples are forgotten if this is no failure."""
        self.close()
        pause = min(FIRST_PAUSE_SECONDS * 2**self._failures, LONGEST_PAUSE_SECONDS)
        self._failures += 1
        self._next_start = time.monotonic() + (NORMAL_PAUSE_SECONDS if is_normal else pause)
        kept = Reading() if is_normal else self._reading
        self._reading = replace(kept, trouble=words, is_normal=is_normal, xids=(), may_be_waking=False)


def _end_words(process: subprocess.Popen[bytes]) -> str:
    """How a process ended that has closed its output."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        code = process.wait(timeout=1)
        if code < 0:
            return f"A query of the NVIDIA driver crashed ({signal.Signals(-code).name})"
    return "The process that asks the NVIDIA driver exited without an answer"


def _end_process(process: subprocess.Popen[bytes]) -> None:
    """Kill it; one that is stuck in the kernel is left behind, as it can be neither killed nor waited for."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=1)


def _sample(fields: dict[str, Any]) -> GpuSample:
    known = {name: _processes(fields[name]) for name in ("processes", "graphics")}
    return GpuSample(**{**fields, **known})


def _processes(answer: list[dict[str, Any]] | None) -> tuple[GpuProcess, ...] | None:
    return None if answer is None else tuple(GpuProcess(**process) for process in answer)
