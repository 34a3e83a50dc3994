"""Every reader of a folder of runs, one after the other, as `status`, `export`, the app and the dispatcher read it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from iqa_tui.commands import listing, listing_json
from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.survey import Survey
from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.monitor.curve_view import CurveView, XAxis, YScale
from iqa_tui.monitor.group import by_group
from iqa_tui.monitor.log_reader import LogReader
from iqa_tui.monitor.rows import Row, RowKind, rows_of
from iqa_tui.monitor.run_words import in_plan_order, note_words, recorded_rows, run_names, summary_words
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.view import MonitorView
from iqa_tui.panels.curve_plots import CurvePlots
from iqa_tui.panels.result_scale import plain_difference
from iqa_tui.panels.result_table import Context as TableContext
from iqa_tui.panels.result_table import result_row
from iqa_tui.panels.run_rows import Context, recorded_row, table_row
from iqa_tui.plans.plan import Plan, plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.before_launch import notes_before_launch
from iqa_tui.queue.dispatcher_files import is_dispatching
from iqa_tui.queue.missing import find_missing
from iqa_tui.queue.waits import waits_of_states
from iqa_tui.results.export import FORMATS, render
from iqa_tui.results.table import build_table, group_tables
from iqa_tui.service import last_words
from iqa_tui.widgets.plots.grid import GridDrawer
from iqa_tui.widgets.plots.layout import plot_layout
from iqa_tui.widgets.plots.series import PlotLook, XKind
from iqa_tui.words.waits import Wait, WaitKind
from tests.fakes.runs import PLAN
from training.runfolder.events import read_events
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.status import run_status

NOW = 1_795_100_000.0
DEVICES = 20
"""So many devices that a damaged run takes none from the good runs."""
SURVEY = Survey(
    tuple(DeviceState(Device(f"cpu-{number}", "cpu", number, "CPU"), True, "free") for number in range(DEVICES)),
    note="",
    taken_at=NOW,
)
VIEWS = (
    CurveView(),
    CurveView(x=XAxis.TIME, y=YScale.LOG),
    CurveView(x=XAxis.EPOCH, y=YScale.ROBUST, is_banded=False),
    CurveView(x=XAxis.CLOCK, cross=0.5),
)


@dataclass
class Rows:
    """What all readers say of the good runs, and whether they know the damaged one."""

    others: dict[str, Any] = field(default_factory=dict)
    """What it is of, to what it says."""
    has_victim: bool = False


def look(runs_dir: Path, victim: Path, watched: Callable[[], AbstractContextManager[None]] = nullcontext) -> Rows:
    """Let everything that reads runs read these.

    Args:
        watched: around each of the looks, of which each is about what one command does.
    """
    still = SimpleNamespace(time=lambda: NOW)  # the rows of a living run move with it
    listing.time = listing_json.time = still  # type: ignore[assignment]
    rows = Rows()
    for one in (
        lambda: _look_as_a_listing(runs_dir, victim, rows, Events.NONE),
        lambda: _look_as_a_listing(runs_dir, victim, rows, Events.ALL),
        lambda: _look_as_a_dispatcher(runs_dir, victim, rows),
        lambda: _look_for_what_is_missing(runs_dir, rows),
        lambda: _look_as_a_table(runs_dir, rows, None),
        lambda: _look_as_a_table(runs_dir, rows, plan_from(PLAN, "plan")),
        lambda: _look_at_the_run(RunFolder(victim)),
    ):
        with watched():
            one()
    return rows


def _look_as_a_listing(runs_dir: Path, victim: Path, rows: Rows, events: Events) -> None:
    catalog = Catalog(runs_dir, events=events)
    states = catalog.refresh()
    again = catalog.refresh()
    rows.has_victim = any(state.run.path == victim for state in states)
    waits = waits_of_states(states, SURVEY)
    names = run_names(states)
    for state in again:
        if state.run.path == victim:
            continue
        key = f"{state.run_id} events={events.value}"
        wait = waits.get(state.run_id)
        starting = {state.run_id: Wait(WaitKind.STARTS_NEXT)} if wait and wait.starts_next else {}
        rows.others[f"state {key}"] = state
        rows.others[f"cells {key}"] = listing._run_cells(state, names, starting)
        rows.others[f"fields {key}"] = listing_json._run_fields(state, starting)
    _print(listing._runs_text(states, waits))
    fields = [listing_json._run_fields(state, waits) for state in states]
    groups = [listing_json._group_fields(members, waits) for members in by_group(in_plan_order(states)).values()]
    _print(json.dumps([fields, groups], ensure_ascii=False, allow_nan=False))
    is_dispatching(runs_dir)
    if events is Events.ALL:
        _draw(states, waits)


def _print(text: str) -> None:
    """Streams as `main` sets them up."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="replace")
    print(text, file=stream, flush=True)


def _draw(states: list[RunState], waits: dict[str, Wait]) -> None:
    ordered = in_plan_order(states)
    context = Context(NOW, waits)
    summary_words(states)
    for row in recorded_rows(ordered):
        recorded_row("recorded", row)
    for state in ordered:
        recorded_rows([state])
        wait = waits[state.run_id].words if state.run_id in waits else ""
        note_words(state, wait)
        table_row(Row(RowKind.RUN, state.run_id, (state,)), context)
    for row in rows_of(ordered, MonitorView(), NOW):
        table_row(row, context)
    for view in VIEWS:
        plots = CurvePlots().of([(state, number) for number, state in enumerate(ordered)], view)
        look = PlotLook(x_kind=XKind(view.x.value), cross=view.cross, is_banded=view.is_banded)
        layout = plot_layout(120, 20, len(plots))
        for page in range(layout.pages):
            GridDrawer().lines(plots[layout.page(page)], look, layout, (120, 20))


def _look_as_a_dispatcher(runs_dir: Path, victim: Path, rows: Rows) -> None:
    backlog = Backlog(runs_dir, own_only=False)
    for again in (False, True):
        waiting = backlog.read()
        for part in ("queued", "alive", "held", "resumable"):
            entries = [run.run_id for run, _ in getattr(waiting, part) if run.path != victim]
            rows.others[f"{part} {again}"] = entries
    rows.others["statuses"] = {run.run_id: run_status(run) for run in list_runs(runs_dir) if run.path != victim}


def _look_for_what_is_missing(runs_dir: Path, rows: Rows) -> None:
    group = PLAN["name"]
    missing = find_missing(runs_dir, group)
    for kind in ("finished", "under_way", "never"):
        pairs = getattr(missing, kind)
        rows.others[f"missing {kind}"] = [pair for pair in pairs if pair[1] in (7, 42) and pair[0] != "F5"]
    rows.others["missing ended"] = [(pair, run.path) for pair, run in missing.ended if pair[0] != "F5"]
    notes_before_launch(LaunchRequest(plan_from(PLAN, "plan"), runs_dir=runs_dir))


def _look_as_a_table(runs_dir: Path, rows: Rows, plan: Plan | None) -> None:
    group_tables(runs_dir)
    table = build_table(runs_dir, PLAN["name"], plan)
    context = TableContext(table, differences=tuple(map(plain_difference, table.rows)))
    for place, row in enumerate(table.rows):
        result_row(context, place)
        if row.id in ("F1", "F2", "F3", "F4"):
            # The best of all, and whose code is another, may well be said of the damaged run.
            plain = replace(row, best_srcc=False, best_plcc=False, notes=row.notes.partition("; trainer code")[0])
            rows.others[f"row {row.id} recorded={row.recorded} {plan is None}"] = plain
    for format in FORMATS:
        _print(render(table, format))


def _look_at_the_run(run: RunFolder) -> None:
    """What is asked of the run under the cursor."""
    found = run_status(run)
    read_events(run)
    for number in {1, found.attempt} - {0}:
        reader = LogReader(run.attempt(number).output)
        reader.look()
        reader.look()
        last_words.last_words(last_words.tail(run.attempt(number).output))
    assert isinstance(found.phase, Phase)
