"""The part of the monitor screen that shows the devices."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.panels.gpu import NO_SLURM, GpuPanel
from iqa_tui.panels.run_list import RunList
from iqa_tui.screens.monitor_heights import most_gpu_lines
from iqa_tui.screens.runs_on_gpus import runs_on_gpus
from iqa_tui.screens.viewing import ViewingRoom

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState
    from iqa_tui.panels.gpu_users import RunOnGpu


class DevicesRoom(ViewingRoom):
    """What there is, and who has it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("d", "fold_devices", "devices")]

    _alive: tuple[Sequence[RunState], dict[str, RunOnGpu]] | None = None
    """All runs, and what the panel must know of those that are alive."""

    def on_mount(self) -> None:
        self.set_class(self.view.folded, "-folded")

    def show_devices(self) -> None:
        if self.devices is None:
            return
        if self._alive is None or self._alive[0] is not self.runs:
            self._alive = (self.runs, runs_on_gpus(self.runs, has_signs=self.session.has_signs))
        found, panel = self.devices, self.query_one(GpuPanel)
        told = (found.slurm.told, found.slurm.shares) if found.slurm is not None else NO_SLURM
        panel.show(found.survey, found.host, found.utilisation, self._alive[1], time.time(), told)

    @property
    def device_lines(self) -> int:
        """Lines that everything about the devices takes; 0 if they are folded away."""
        panel = self.query_one(GpuPanel)
        if self.view.folded:
            return 0
        return panel.lines_wanted(max(10, panel.size.width or 44), most_gpu_lines(self.size.height))

    def action_fold_devices(self) -> None:
        self.view = replace(self.view, folded=not self.view.folded)
        self.set_class(self.view.folded, "-folded")
        if self.view.folded and self.query_one(GpuPanel).has_focus:
            self.query_one(RunList).focus()
        self.fit_top()

    def fit_top(self) -> None:
        """Give table and devices the lines that they need."""
        raise NotImplementedError
