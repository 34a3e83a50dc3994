"""The table of runs: one line each, and the recorded results of their plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from iqa_tui.monitor import run_words
from iqa_tui.monitor.state import RunState
from iqa_tui.widgets.row_table import Cell, Column, RowTable, TableRow, with_label_width
from iqa_tui.words.durations import hours_words
from iqa_tui.words.states import RECORDED_SIGN, SIGNS
from training.runfolder.phase import Phase

COLUMNS = (
    Column("mark", "", 1),
    Column("id", "id", 4),
    Column("seed", "seed", 4, "right", importance=8),
    Column("label", "experiment", 12, grows=True),
    Column("state", "state", 11),
    Column("device", "device", 6, importance=6),
    Column("epoch", "epoch", 5, "right", importance=4),
    Column("step", "step", 9, "right", importance=2),
    Column("time", "time", 12, "right", importance=8),
    Column("loss", "loss", 7, "right", importance=5),
    Column("srcc", "val SRCC", 8, "right", importance=7),
)
RECORDED_KEY = "recorded:"
"""Begins the key of a row that is no run."""
AFTER_STATE = ("device", "epoch", "step", "time", "loss", "srcc")
AFTER_DEVICE = AFTER_STATE[1:]


class RunList(RowTable):
    """Runs in plan order, the newest group first."""

    def __init__(self) -> None:
        super().__init__(COLUMNS, classes="panel", id="runs")
        self.border_title = "Runs"

    def show_runs(
        self,
        ordered: Sequence[RunState],
        recorded: Sequence[Mapping[str, Any]],
        *,
        waiting: Mapping[str, str],
        colours: Mapping[str, int],
        now: float,
        empty: Sequence[str],
    ) -> None:
        """Args:
        ordered: as they shall stand.
        recorded: rows of the plan that were measured elsewhere; they come first.
        waiting: run id to what it waits for.
        colours: run id to the colour of its curve, for the runs whose curves are chosen.
        """
        columns = with_label_width(COLUMNS, "device", (state.device_label for state in ordered))
        several_seeds = len({state.spec.seed for state in ordered if state.spec}) > 1
        self._columns = tuple(column for column in columns if column.key != "seed" or several_seeds)
        runs = (run_row(state, waiting.get(state.run_id, ""), colours.get(state.run_id), now) for state in ordered)
        self.show([*map(recorded_row, recorded), *runs], empty)


def recorded_row(row: Mapping[str, Any]) -> TableRow:
    srcc, hours = row.get("srcc"), row.get("hours")
    cells: dict[str, Cell] = {
        "id": str(row.get("id", "")),
        "label": str(row.get("label", "")),
        "state": ((f"{RECORDED_SIGN[0]} recorded", RECORDED_SIGN[1]),),
        "time": f"took {hours_words(hours)}" if isinstance(hours, int | float) else "",
        "srcc": f"{srcc:.4f}" if isinstance(srcc, int | float) else "",
    }
    return TableRow(f"{RECORDED_KEY}{row.get('id', '')}", cells, style="dim")


def run_row(state: RunState, waits_for: str, colour: int | None, now: float) -> TableRow:
    cells: dict[str, Cell] = {
        "mark": (("▌", f"series-{colour}"),) if colour is not None else "",
        "id": ((state.experiment, "strong"),),
        "seed": str(state.spec.seed) if state.spec else "",
        "label": state.label,
        "state": ((run_words.state_words(state), SIGNS[state.phase][1]),),
        "device": state.device_label,
        "epoch": run_words.epoch_words(state),
        "step": run_words.step_words(state),
        "time": run_words.time_words(state, now),
        "loss": run_words.loss_words(state.loss),
        "srcc": ((run_words.srcc_words(state.val_srcc), "strong"),),
    }
    span_from, span = _span(state, waits_for)
    return TableRow(state.run_id, cells, span_from=span_from, span=span)


def _span(state: RunState, waits_for: str) -> tuple[tuple[str, ...], Cell]:
    """What is said in words instead of numbers: why it waits, why it failed, what it is busy with."""
    if state.phase is Phase.QUEUED and (why := run_words.queue_words(state, waits_for)):
        return AFTER_STATE, ((why, "dim"),)
    if state.phase.is_over and state.phase is not Phase.FINISHED and state.status.cause:
        return AFTER_STATE, ((state.status.cause, SIGNS[state.phase][1]),)
    if busy := run_words.progress_words(state):
        return AFTER_DEVICE, ((busy, "dim"),)
    return (), ""
