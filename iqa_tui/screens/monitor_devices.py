"""The part of the monitor screen that shows the devices."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import ClassVar

from textual.binding import Binding, BindingType

from iqa_tui.monitor import run_words
from iqa_tui.panels.gpu import GpuPanel
from iqa_tui.screens.viewing import ViewingRoom


class DevicesRoom(ViewingRoom):
    """What there is, and who has it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("d", "fold_devices", "devices")]

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(GpuPanel).display = not self.view.folded

    def show_devices(self) -> None:
        if self.devices is None:
            return
        names = {state.run_id: run_words.run_name(state) for state in self.runs}
        panel = self.query_one(GpuPanel)
        panel.show(self.devices.survey, self.devices.host, self.devices.utilisation, names, time.time())

    @property
    def device_lines(self) -> int:
        """Lines that everything about the devices takes; 0 if they are folded away."""
        panel = self.query_one(GpuPanel)
        return 0 if self.view.folded else panel.lines_wanted(max(10, panel.size.width or 44))

    def action_fold_devices(self) -> None:
        self.view = replace(self.view, folded=not self.view.folded)
        self.query_one(GpuPanel).display = not self.view.folded
        self.fit_top()

    def fit_top(self) -> None:
        """Give table and devices the lines that they need."""
        raise NotImplementedError
