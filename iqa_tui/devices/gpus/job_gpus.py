"""The GPUs of one job of Slurm: which they are, and then what its processes use of them. May hang, as `run_gpus`."""

from __future__ import annotations

from collections.abc import Collection

from iqa_tui.devices.gpus.nvml import NvmlUnavailable, shown_gpus
from iqa_tui.devices.gpus.run_gpus import RunGpus
from iqa_tui.devices.gpus.visible import GpusUnknown, JobMask, gpus_of_job
from training.runfolder.machine import GpuUse


class JobGpus:
    """As `RunGpus`. The GPUs are looked for at each look until they are found: a driver may need a moment."""

    def __init__(self, mask: JobMask, *, is_alone: bool) -> None:
        """Ask nothing yet.

        Args:
            is_alone: Slurm gives a GPU to one job at a time.
        """
        self.why = ""
        """Why the last look told nothing, in words; empty if it told."""
        self._mask = mask
        self._is_alone = is_alone
        self._found: RunGpus | None = None

    def look(self, pids: Collection[int]) -> list[GpuUse]:
        """Each of the job's GPUs now; [] while they are not known."""
        if self._found is None:
            try:
                gpus = gpus_of_job(self._mask, shown_gpus())
            except (GpusUnknown, NvmlUnavailable) as unknown:
                self.why = str(unknown)
                return []
            self.why = ""
            self._found = RunGpus([GpuUse(gpu.uuid, gpu.index) for gpu in gpus], is_alone=self._is_alone)
        return self._found.look(pids)
