"""The GPUs of one run, asked what its own processes use of them. A call may hang, or take its process down."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from typing import Any

import pynvml

from iqa_tui.devices.gpus.ask import NO_ANSWER, ask
from iqa_tui.devices.gpus.gpu_processes import compute_memory, is_the_one_meant
from iqa_tui.devices.gpus.namespace import counts_as_the_host
from training.runfolder.machine import GpuUse


class RunGpus:
    """Asks the driver about a few GPUs. What it does not tell is None, and it is asked again the next time."""

    def __init__(self, gpus: Sequence[GpuUse], *, is_alone: bool) -> None:
        """Ask nothing yet.

        Args:
            gpus: key and index are used.
            is_alone: no other run shares them.
        """
        self.why = ""
        """Why the last look told nothing, in words; empty if the driver answered."""
        self._gpus = gpus
        self._is_alone = is_alone
        self._is_open = False
        self._sees_the_host = False
        with contextlib.suppress(OSError):
            self._sees_the_host = counts_as_the_host()

    def look(self, pids: Collection[int]) -> list[GpuUse]:
        """Each of the GPUs now.

        Args:
            pids: the processes of the run.
        """
        if not self._is_open:
            try:
                pynvml.nvmlInit()
            except NO_ANSWER as error:
                self.why = f"the NVIDIA driver does not answer ({error})"
                return list(self._gpus)
            self._is_open, self.why = True, ""
        return [self._use(gpu, pids) for gpu in self._gpus]

    def _use(self, gpu: GpuUse, pids: Collection[int]) -> GpuUse:
        handle = ask(pynvml.nvmlDeviceGetHandleByUUID, gpu.key.encode())
        if handle is None:
            return gpu
        # A MIG instance has neither power nor temperature of its own.
        board = ask(pynvml.nvmlDeviceGetDeviceHandleFromMigDeviceHandle, handle) or handle
        utilisation = ask(pynvml.nvmlDeviceGetUtilizationRates, handle)
        milliwatts = ask(pynvml.nvmlDeviceGetPowerUsage, board)
        return GpuUse(
            gpu.key,
            gpu.index,
            memory_bytes=self._own_bytes(handle, pids),
            utilisation_percent=None if utilisation is None else int(utilisation.gpu),
            power_watts=None if milliwatts is None else milliwatts / 1000,
            temperature_celsius=ask(pynvml.nvmlDeviceGetTemperature, board, pynvml.NVML_TEMPERATURE_GPU),
        )

    def _own_bytes(self, handle: Any, pids: Collection[int]) -> int | None:
        by_pid = compute_memory(handle)
        if by_pid is None:
            return self._all_bytes(handle)
        own = [by_pid[pid] for pid in by_pid if pid in pids and is_the_one_meant(pid)]
        known = [memory for memory in own if memory is not None]
        if len(known) < len(own) or (not own and not self._sees_the_host):
            return self._all_bytes(handle)
        return sum(known)

    def _all_bytes(self, handle: Any) -> int | None:
        """All that is used of it, if that can only be the run's."""
        if not self._is_alone:
            return None
        memory = ask(pynvml.nvmlDeviceGetMemoryInfo, handle, version=pynvml.nvmlMemory_v2)
        return None if memory is None else int(memory.used)
