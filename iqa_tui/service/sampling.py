"""The sampler of a run, kept by its supervisor. Standard library only.

The supervisor starts it and kills it, and asks nothing of it: whatever becomes of the sampler, the run goes on.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from iqa_tui.processes.child import Child
from iqa_tui.processes.periods import SAMPLER_PAUSE_SECONDS
from iqa_tui.processes.start import child_environment, program

FOLDER_DESCRIPTOR = 3
"""Where the sampler finds the run's folder: all that it inherits beside its standard error."""
LONGEST_PAUSE_SECONDS = 3600.0


class Sampling:
    """Starts a sampler, and another one after a pause if it exits."""

    def __init__(
        self,
        arguments: Sequence[str],
        folder: int,
        gpus: Sequence[str],
        *,
        is_alone: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start nothing yet.

        Args:
            arguments: the attempt's number and the nonce of its claim.
            folder: descriptor of the run's folder.
            gpus: of the run, as `named_gpus` or `gpus_of_slurm` say it; empty on the CPU.
            is_alone: no other run shares them.
        """
        path = f"/proc/self/fd/{FOLDER_DESCRIPTOR}"
        self._command = program(
            "iqa_tui.service.machine_sampler", path, *arguments, str(os.getpid()), str(int(is_alone)), *gpus
        )
        self._folder = folder
        self._clock = clock
        self._pid: int | None = None
        self._next_start = float("-inf")
        self._pause = SAMPLER_PAUSE_SECONDS

    def keep(self, trainer: Child) -> None:
        """Start the sampler if there is none and it is time to. Call it after `trainer.reap`."""
        if self._pid in trainer.bystanders:
            return
        if self._pid is not None:
            self._pid = None
            self._postpone()
        if self._clock() >= self._next_start:
            self._start(trainer)

    def _postpone(self) -> None:
        self._next_start = self._clock() + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    def _start(self, trainer: Child) -> None:
        try:
            self._pid = os.posix_spawn(
                sys.executable,
                self._command,
                child_environment(),
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),  # the driver's library may print there
                    (os.POSIX_SPAWN_DUP2, self._folder, FOLDER_DESCRIPTOR),
                ],
                setsigmask=[],
                setsigdef=[signal.SIGINT, signal.SIGTERM, signal.SIGHUP],
            )
        except OSError:
            self._postpone()
        else:
            trainer.bystanders.add(self._pid)

    def end(self, trainer: Child) -> None:
        """Kill the sampler and start none any more. One that is stuck in the kernel is left; it holds no lock."""
        self._next_start = float("inf")
        if self._pid in trainer.bystanders:  # not reaped, so its number is still its own
            with contextlib.suppress(OSError):
                os.kill(self._pid, signal.SIGKILL)


def named_gpus(devices: Sequence[Mapping[str, Any]]) -> list[str]:
    """The GPUs among the devices of a run, for the sampler's command line."""
    return [f"{each['key']}:{each['index']}" for each in devices if each["kind"] == "gpu"]


def gpus_of_slurm(variables: Mapping[str, str], given: int) -> list[str]:
    """How Slurm named GPUs to a job, for the sampler's command line: it asks the driver which they are.

    Args:
        variables: of the trainer.
        given: how many GPUs Slurm gave; if there are none, nothing is sampled.
    """
    mask = {
        "visible": variables.get("CUDA_VISIBLE_DEVICES"),
        "given": given,
        "counts_by_pci": variables.get("CUDA_DEVICE_ORDER") == "PCI_BUS_ID",
    }
    return [json.dumps(mask)] if given else []
