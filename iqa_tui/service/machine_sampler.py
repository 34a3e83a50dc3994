"""Writes what the machine shows of one run beside it, as long as the run's supervisor lives.

    python -m iqa_tui.service.machine_sampler RUN_FOLDER ATTEMPT NONCE SUPERVISOR_PID IS_ALONE [GPU_UUID:INDEX]…

For a job of Slurm one argument says how Slurm named its GPUs to CUDA, as `sampling.gpus_of_slurm` writes it.

A process of its own: a query of the driver may hang or kill it, and pynvml may be broken. The run goes on without it.
It gets no lock and no lease, and it is killed with the supervisor. Without GPUs the standard library is all it loads.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from iqa_tui.processes.periods import SAMPLE_SECONDS
from iqa_tui.processes.tree_memory import TreeMemory, descendants
from training.runfolder.errors import Fenced, UnreadableFile
from training.runfolder.fence import Fence, set_fence
from training.runfolder.layout import RunFolder
from training.runfolder.machine import GpuUse, MachineLog, MachineSample

if TYPE_CHECKING:
    from iqa_tui.devices.gpus.job_gpus import JobGpus
    from iqa_tui.devices.gpus.run_gpus import RunGpus

PR_SET_PDEATHSIG = 1
FIRST_SHARE = 0.1
"""Of the period: a run changes most in its first seconds, and a short one shall have some lines too."""
ANSWER_SECONDS = 3.0
"""How long a line waits for the driver."""
NICENESS = 10


def main(argv: Sequence[str]) -> int:
    """Write a line now and then until the supervisor exits or another attempt takes the run."""
    path, attempt, nonce, supervisor, is_alone, *gpus = argv
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != int(supervisor):  # it exited before we asked to be killed with it
        return 0
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    run = RunFolder(Path(path))
    set_fence(Fence(run, nonce))
    answers = GpuAnswers(gpus, is_alone=is_alone == "1") if gpus else None
    try:
        _write(MachineLog(run, int(attempt)), int(attempt), int(supervisor), answers)
    except Fenced:
        return 0
    except (OSError, UnreadableFile) as error:
        print(f"machine.jsonl is not written: {error}", file=sys.stderr)
        return 1


def _write(log: MachineLog, attempt: int, supervisor: int, answers: GpuAnswers | None) -> NoReturn:
    memory = TreeMemory()
    wait = FIRST_SHARE * SAMPLE_SECONDS
    while True:
        time.sleep(wait)
        wait = min(2 * wait, SAMPLE_SECONDS)
        pids = descendants(supervisor) - {os.getpid()}
        gpus = [] if answers is None else answers.ask(pids)
        why = "" if answers is None else answers.why
        now = round(time.time(), 3)
        log.append(MachineSample(now, attempt, memory.bytes_of(pids), len(pids), gpus, gpus_unknown=why))


class GpuAnswers:
    """The driver, asked in a thread: while it hangs, lines tell the memory of the processes alone."""

    def __init__(self, named: Sequence[str], *, is_alone: bool) -> None:
        """Args:
        named: the command line's GPUs, or how Slurm named them.
        is_alone: no other run shares them.
        """
        self.why = "the NVIDIA driver has not answered yet"
        """Why the last answer tells nothing of the GPUs, in words; empty if it does."""
        self._job: dict[str, Any] = json.loads(named[0]) if named[0].startswith("{") else {}
        pairs = [] if self._job else [text.rpartition(":") for text in named]
        self._gpus = [GpuUse(key, int(index)) for key, _, index in pairs]
        self._is_alone = is_alone
        self._pids: set[int] = set()
        self._answer = self._gpus
        self._asked, self._answered = threading.Event(), threading.Event()
        self._answered.set()
        threading.Thread(target=self._answer_for_ever, name="driver", daemon=True).start()

    def ask(self, pids: set[int]) -> list[GpuUse]:
        """Each GPU now; fields are None if there is no answer within `ANSWER_SECONDS`."""
        if not self._answered.is_set():  # the last question is still under way
            return self._gpus
        self._pids = pids
        self._answered.clear()
        self._asked.set()
        return self._answer if self._answered.wait(ANSWER_SECONDS) else self._gpus

    def _answer_for_ever(self) -> None:
        try:
            gpus = self._opened()  # loading it may hang, or fail
        except ImportError as error:
            self.why = f"pynvml cannot be loaded ({error})"
            print(f"machine.jsonl tells nothing of the GPUs: {error}", file=sys.stderr)
            return
        while True:
            self._asked.wait()
            self._asked.clear()
            self._answer = gpus.look(self._pids)
            self.why = gpus.why
            self._answered.set()

    def _opened(self) -> RunGpus | JobGpus:
        if not self._job:
            from iqa_tui.devices.gpus.run_gpus import RunGpus  # noqa: PLC0415  without GPUs it is not needed

            return RunGpus(self._gpus, is_alone=self._is_alone)
        from iqa_tui.devices.gpus.job_gpus import JobGpus  # noqa: PLC0415
        from iqa_tui.devices.gpus.visible import JobMask  # noqa: PLC0415

        return JobGpus(JobMask(**self._job), is_alone=self._is_alone)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
