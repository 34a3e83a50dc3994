"""The devices a launch may use: ticked or not, free or why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iqa_tui.devices.device import DeviceState
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.survey import Survey
from iqa_tui.panels.gpu_numbers import GIB, memory_bar, short_name
from iqa_tui.panels.gpu_users import RunOnGpu, users_of
from iqa_tui.plans.offered import OfferedPartition
from iqa_tui.widgets.canvas import wrapped
from iqa_tui.widgets.meter import meter
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import MOST_LABEL_WIDTH, Cell, Column, TableRow, with_label_width

NO_RUNS: Mapping[str, RunOnGpu] = {}
MOST_LABEL = 18
"""With partitions, whose names are the cluster's."""
BAR_WIDTH, MEMORY_WIDTH, MOST_NAME = 8, 9, 18
COLUMNS = (
    Column("tick", "", 3),
    Column("label", "", 5),
    Column("name", "", 8, importance=3),
    Column("bar", "", BAR_WIDTH, importance=5),
    Column("memory", "", MEMORY_WIDTH, "right", importance=7),
    Column("state", "", 10, grows=True),
)


class DeviceList(RowTable):
    """Space ticks."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, classes="panel", id="devices", header=False, empty=("looking for devices …",))
        self.border_title = "Devices"

    def show_survey(
        self,
        survey: Survey,
        ticks: Mapping[str, bool],
        runs: Mapping[str, RunOnGpu] = NO_RUNS,
        partitions: Sequence[OfferedPartition] = (),
    ) -> None:
        """Args:
        ticks: device key to whether it is ticked. One that cannot be chosen is left out, and gets no box: hidden by
            the environment, or a CPU slot beside GPUs.
        runs: those that are alive, by their ids: what they have of the memory is in their colours.
        partitions: of Slurm; they stand below the devices of this machine.
        """
        labels = [*(state.device.label for state in survey.devices), *map(_partition_label, partitions)]
        self._columns = with_label_width(COLUMNS, "label", labels, MOST_LABEL if partitions else MOST_LABEL_WIDTH)
        self.set_title(f"Devices · {survey.note}" if survey.note else "Devices")
        if not any(state.sample for state in survey.devices) and not any(each.gpus for each in partitions):
            columns = tuple(column for column in self._columns if column.key not in ("bar", "memory"))
            self._columns = columns
        if all(state.sample is None for state in survey.devices):  # the name is all that a CPU slot tells
            names = [short_name(state.device.name) for state in survey.devices]
            self._columns = with_label_width(self._columns, "name", names, MOST_NAME)
        rows = [_row(state, ticks.get(state.device.key), runs) for state in survey.devices]
        rows += [_partition_row(each, is_ticked=ticks.get(each.key, False)) for each in partitions]
        self.show(rows, empty=wrapped(survey.note, self.size.width))


def _row(state: DeviceState, is_ticked: bool | None, runs: Mapping[str, RunOnGpu]) -> TableRow:
    tick = "" if is_ticked is None else "[x]" if is_ticked else "[ ]"
    why = ("free", "good") if state.free else (state.reason, "warning")
    cells: dict[str, Cell] = {
        "tick": ((tick, "accent strong" if tick == "[x]" else "dim"),),
        "label": ((state.device.label, "strong"),),
        "name": ((short_name(state.device.name), "dim"),),
        "bar": tuple(memory_bar(state.sample, users_of(state, runs, 0.0), BAR_WIDTH)) if state.sample else "",
        "memory": _memory_words(state.sample) if state.sample else "",
        "state": (why,),
    }
    return TableRow(state.device.key, cells)


def _partition_label(partition: OfferedPartition) -> str:
    return f"Slurm {partition.name}"


def _partition_row(partition: OfferedPartition, *, is_ticked: bool) -> TableRow:
    has_gpus = partition.is_open and partition.gpus > 0
    cells: dict[str, Cell] = {
        "tick": (("[x]" if is_ticked else "[ ]", "accent strong" if is_ticked else "dim"),),
        "label": ((_partition_label(partition), "strong"),),
        "name": "",
        "bar": ((meter(partition.taken / partition.gpus, BAR_WIDTH), "dim"),) if has_gpus else "",
        "memory": _taken_words(partition) if has_gpus else "",
        "state": (_free_words(partition) if has_gpus else (partition.words, "dim"),),
    }
    return TableRow(partition.key, cells)


def _taken_words(partition: OfferedPartition) -> str:
    """`3/4 GPUs`; of a large partition `96/128`, as the place is narrow."""
    numbers = f"{partition.taken}/{partition.gpus}"
    words = f"{numbers} GPU{'' if partition.gpus == 1 else 's'}"
    return words if len(words) <= MEMORY_WIDTH else numbers


def _free_words(partition: OfferedPartition) -> tuple[str, str]:
    """`1 free`, with its style. A job may wait all the same: Slurm serves others before it."""
    free = max(0, partition.gpus - partition.taken)
    return (f"{free} free", "good") if free else ("none free", "warning")


def _memory_words(sample: GpuSample) -> str:
    """`41/80 GiB`: in whole numbers, as the place is narrow."""
    used, total = sample.memory_used_bytes, sample.memory_total_bytes
    return f"{'?' if used is None else f'{used / GIB:.0f}'}/{'?' if total is None else f'{total / GIB:.0f}'} GiB"
