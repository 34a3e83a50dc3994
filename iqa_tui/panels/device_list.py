"""The devices a launch may use: ticked or not, free or why not."""

from __future__ import annotations

from collections.abc import Container

from iqa_tui.launch.devices import DeviceState, Survey
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
        self.show([_row(state, state.device.key not in unticked) for state in survey.devices], empty=[survey.note])


def _row(state: DeviceState, ticked: bool) -> TableRow:
    why = ("free", "good") if state.free else (state.reason, "warning")
    cells: dict[str, Cell] = {
        "tick": (("[x]" if ticked else "[ ]", "accent strong" if ticked else "dim"),),
        "label": ((state.device.label, "strong"),),
        "name": ((state.device.name.removeprefix("NVIDIA "), "dim"),),
        "state": (why,),
    }
    return TableRow(state.device.key, cells)
