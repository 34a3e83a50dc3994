"""Processes that share out the batches of one run: started, told what to do, watched, and never left behind.

The run's own process starts them, holds the run and writes its files; a worker computes and writes nothing. A worker
exits as soon as the pipe of its orders is closed, and the kernel kills it with the process that started it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from training.config import TrainConfig
from training.errors import Stopped, WorkerLost
from training.process.meeting import NamelessFile, is_ready, last_words

PR_SET_PDEATHSIG = 1
"""From linux/prctl.h."""
LOOK_SECONDS = 0.2
EXIT_SECONDS = 5.0
"""For a worker whose pipe was closed; then it is killed."""
RAISE_SECONDS = 20.0
"""In which the run's main thread should have noticed that a worker is gone. NCCL may wait for it much longer."""
HELD_BACK = (signal.SIGTERM, signal.SIGINT)
"""Signals that a terminal or a supervisor may send to the whole group: the run's own process decides, not a worker."""


@dataclass(frozen=True, slots=True)
class Hello:
    """What a worker is told first."""

    config: dict[str, Any]
    """`TrainConfig.as_dict`."""
    rank: int
    """From 1; 0 is the run's own process."""
    parent: int
    """Its process id."""
    meeting: int
    """Descriptor of the file in which the processes meet."""
    report: int
    """Descriptor of the file in which this worker says that it is ready, or why it failed."""
    device: str
    """cpu or cuda."""
    precision: str
    trains_in_fp32: bool
    threads: int
    """Of torch, on the CPU."""


class Workers:
    """The workers of a run, as its own process sees them."""

    def __init__(
        self, config: TrainConfig, described: Callable[[int, int, int], Hello], end_run: Callable[[str], None]
    ) -> None:
        """Start them.

        Args:
            config: of the run.
            described: from rank, and the descriptors of `Hello.meeting` and `Hello.report`, to what it is told.
            end_run: called from a thread with the cause, if a worker is gone and the main thread waits for it.

        Raises:
            OSError: no process can be started.
        """
        self._end_run = end_run
        self._is_closed = threading.Event()
        self._is_noticed = threading.Event()
        self._files: list[NamelessFile] = []
        self._hellos: list[Hello] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._watcher = threading.Thread(target=self._watch, name="workers", daemon=True)
        try:
            self.meeting = self._file()
            self._hellos += [described(rank, self.meeting, self._file()) for rank in range(1, config.processes)]
            for hello in self._hellos:
                self._processes.append(_start(hello))
        except BaseException:
            self.close()
            raise
        self._watcher.start()

    def wait_until_ready(self, should_stop: Callable[[], bool]) -> None:
        """Wait until each has read its data and built its network.

        Raises:
            Stopped: asked to.
            WorkerLost: one of them cannot.
        """
        while not all(is_ready(hello.report) for hello in self._hellos):
            if should_stop():
                raise Stopped("stopped before the first step")
            if (words := self.what_is_lost()) is not None:
                raise WorkerLost(words)
            time.sleep(LOOK_SECONDS / 4)

    def tell(self, **order: Any) -> None:
        """Give all of them an order. One that is gone is noticed by what the order begins."""
        line = (json.dumps(order) + "\n").encode()
        for process in self._processes:
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.write(line)
                process.stdin.flush()

    def what_is_lost(self, patience_seconds: float = 0.0) -> str | None:
        """Which worker has exited, and why, in words; None if none has."""
        deadline = time.monotonic() + patience_seconds
        while (words := self._lost()) is None and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS / 4)
        if words is not None:
            self._is_noticed.set()
        return words

    def close(self) -> None:
        """End all of them; does not fail."""
        self._is_closed.set()
        for process in self._processes:
            with contextlib.suppress(OSError):
                assert process.stdin is not None
                process.stdin.close()
        deadline = time.monotonic() + EXIT_SECONDS
        for process in self._processes:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._watcher.is_alive() and self._watcher is not threading.current_thread():
            self._watcher.join(EXIT_SECONDS)  # it reads the files
        for file in self._files:
            file.close()

    def _file(self) -> int:
        self._files.append(NamelessFile())
        return self._files[-1].descriptor

    def _lost(self) -> str | None:
        for hello, process in zip(self._hellos, self._processes, strict=True):
            code = process.poll()
            if code is None:
                continue
            who = f"process {hello.rank + 1} of {len(self._hellos) + 1} (pid {process.pid})"
            if words := last_words(hello.report):
                return f"{who} failed: {words}"
            how = f"was killed by {_signal_name(-code)}" if code < 0 else f"exited with code {code}"
            return f"{who} {how}; --resume goes on from the last checkpoint"
        return None

    def _watch(self) -> None:
        while not self._is_closed.wait(LOOK_SECONDS):
            words = self._lost()
            if words is None:
                continue
            deadline = time.monotonic() + RAISE_SECONDS
            while time.monotonic() < deadline:
                if self._is_noticed.is_set() or self._is_closed.wait(LOOK_SECONDS):
                    return
            self._end_run(words)
            return


class Orders:
    """What a worker is told, read in a thread: the worker exits at once when its pipe is closed."""

    def __init__(self) -> None:
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._pipe = sys.stdin.buffer
        threading.Thread(target=self._read, name="orders", daemon=True).start()

    def next(self) -> dict[str, Any]:
        """Waits for it."""
        order: dict[str, Any] = json.loads(self._lines.get())
        return order

    def hello(self) -> Hello:
        """The first order. From now on the kernel kills this process with the one that started it."""
        hello = Hello(**self.next())
        with contextlib.suppress(OSError, AttributeError):  # another C library: the closed pipe ends us too
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != hello.parent:
            os._exit(1)
        return hello

    def _read(self) -> None:
        for line in self._pipe:
            self._lines.put(line)
        os._exit(0)


def _start(hello: Hello) -> subprocess.Popen[bytes]:
    """With the descriptors that we inherited (the run's lock, the leases of its devices), which it then holds too."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "training.worker"], stdin=subprocess.PIPE, close_fds=False, env=_environment(hello)
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # it is gone already, which the first look tells
        process.stdin.write((json.dumps(asdict(hello)) + "\n").encode())
        process.stdin.flush()
    return process


def _environment(hello: Hello) -> dict[str, str]:
    """Each worker sees every GPU of the run, its own one first: so the others can be reached without a copy."""
    env = {**os.environ, "OMP_NUM_THREADS": str(hello.threads)}
    if hello.device == "cuda":
        visible = os.environ.get("CUDA_VISIBLE_DEVICES")
        count = hello.config["processes"]
        gpus = [str(number) for number in range(count)] if visible is None else visible.split(",")
        first = hello.rank % len(gpus)
        env["CUDA_VISIBLE_DEVICES"] = ",".join([*gpus[first:], *gpus[:first]])
    return env


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
