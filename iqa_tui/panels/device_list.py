"""The devices a launch may use: ticked or not, free or why not."""

from __future__ import annotations

from collections.abc import Container

from iqa_tui.devices.device import DeviceState
from iqa_tui.devices.survey import Survey
from iqa_tui.widgets.canvas import wrapped
from iqa_tui.widgets.row_table import Cell, Column, RowTable, TableRow, with_label_width

COLUMNS = (
    Column("tick", "", 3),
    Column("label", "", 6),
    Column("name", "", 18, importance=3),
    Column("state", "", 10, grows=True),
)


class DeviceList(RowTable):
    """Space ticks."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, classes="panel", id="devices", header=False, empty=("looking for devices …",))
        self.border_title = "Devices"

    def show_survey(self, survey: Survey, unticked: Container[str]) -> None:
        """Args:
        unticked: device keys that shall not be used.
        """
        self._columns = with_label_width(COLUMNS, "label", (state.device.label for state in survey.devices))
        self.set_title(f"Devices · {survey.note}" if survey.note else "Devices")
        rows = [_row(state, _tick(state, survey, unticked)) for state in survey.devices]
        self.show(rows, empty=wrapped(survey.note, self.size.width))


def _tick(state: DeviceState, survey: Survey, unticked: Container[str]) -> str:
    """No box before what cannot be chosen: hidden by the environment, or a CPU slot beside GPUs."""
    if not state.allowed or state.device.kind != survey.default_kind:
        return ""
    return "[ ]" if state.device.key in unticked else "[x]"


def _row(state: DeviceState, tick: str) -> TableRow:
    why = ("free", "good") if state.free else (state.reason, "warning")
    cells: dict[str, Cell] = {
        "tick": ((tick, "accent strong" if tick == "[x]" else "dim"),),
        "label": ((state.device.label, "strong"),),
        "name": ((state.device.name.removeprefix("NVIDIA "), "dim"),),
        "state": (why,),
    }
    return TableRow(state.device.key, cells)
