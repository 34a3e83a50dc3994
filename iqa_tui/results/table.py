"""The table of an experiment: one row an experiment of the plan, over its seeds, from the run folders alone.

Decides what a row says. How it looks is `export` and the result panel; what a metric is, is the trainer's.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.errors import PlanError
from iqa_tui.monitor.listing import ListedRun, read_runs, specs_in
from iqa_tui.plans.plan import Plan, plan_from
from iqa_tui.results.comparison import with_best, with_deltas
from iqa_tui.results.notes import with_code, with_settings
from iqa_tui.results.own_tests import with_own_tests
from iqa_tui.results.row import Row, in_order, plan_rows, rows_without_plan
from iqa_tui.results.tuning import with_tuning
from training.runfolder.phase import Phase
from training.runfolder.read import read_shown_notes


@dataclass(frozen=True, slots=True)
class Table:
    """What is shown and exported."""

    title: str
    group: str
    """Runs of one plan with the same changed settings."""
    plan_name: str
    dataset: str
    protocols: tuple[str, ...]
    """Of the runs, or of the recorded rows if there is no run."""
    seeds: tuple[int, ...]
    demo: bool
    """True: the labels are not human opinions."""
    baseline: str
    """Id of the row that differences are taken to; empty for none."""
    rows: tuple[Row, ...]
    splits: tuple[int, ...] = ()
    """Split seeds of the runs that were launched; empty if all have the official split, or the one that all share."""
    code_note: str = ""
    """Which rows come from different trainer code, or from other settings than the plan's; else empty."""


def read_entries(runs_dir: Path, group: str | None = None) -> list[ListedRun]:
    """The runs of a group, or of all groups, oldest first, without the archived ones and the tuning runs.

    A run that cannot be read is left out of every table; `status` names it. A tuning run is no row and no seed of one:
    its score on the validation split chose a value, and its test split was never scored.
    """
    runs = (each for each in read_runs(runs_dir, group) if not (each.is_trial or _has_broken_result(each)))
    return sorted((each for each in runs if not _is_archived(each)), key=lambda each: (each.spec.created, each.run_id))


def _has_broken_result(listed: ListedRun) -> bool:
    return listed.phase is Phase.UNREADABLE and listed.run.result.exists()


def _is_archived(listed: ListedRun) -> bool:
    return listed.phase.is_over and read_shown_notes(listed.run).archived


def group_tables(runs_dir: Path) -> list[str]:
    """The groups that have runs which are not archived, the one with the newest run first."""
    newest: dict[str, float] = {}
    for run, spec in specs_in(runs_dir):
        if spec is not None and not spec.trial and not read_shown_notes(run).archived:
            newest[spec.group] = max(newest.get(spec.group, 0.0), spec.created)
    return sorted(newest, key=lambda group: -newest[group])


def build_table(runs_dir: Path, group: str | None = None, plan: Plan | None = None) -> Table:
    """The table of one group of runs.

    Args:
        group: its name; None: the plan's own name if a plan is given, else the group of the newest run.
        plan: its rows and order; None: as its newest run recorded it.
    """
    if group is None:
        group = plan.name if plan else next(iter(group_tables(runs_dir)), "")
    entries = read_entries(runs_dir, group)
    return table_of(entries, group, plan or recorded_plan(entries))


def table_of(entries: list[ListedRun], group: str, plan: Plan | None) -> Table:
    """The table of runs that are already read, all of one group, oldest first."""
    rows = plan_rows(plan, entries) if plan else rows_without_plan(entries)
    launched = [entry for entry in entries if not entry.is_recorded]
    protocols = in_order(row.protocol for row in rows if row.run_ids and not row.recorded and row.srcc is not None)
    protocols = protocols or in_order(entry.spec.protocol for entry in launched)
    protocols = protocols or in_order(row.protocol for row in rows)
    rows, code_note = with_code(rows, launched)
    if plan:
        rows, settings_note = with_settings(rows, launched, plan)
        code_note = " ".join(in_order([code_note, settings_note]))
    rows = with_own_tests(rows, launched)
    rows = with_deltas(with_tuning(rows, launched), plan.baseline if plan else "")
    return Table(
        title=plan.title if plan else group,
        group=group,
        plan_name=plan.name if plan else "",
        dataset=", ".join(in_order(entry.spec.dataset for entry in entries)) or _flag(plan, "dataset"),
        protocols=protocols,
        seeds=tuple(sorted({seed for row in rows if not row.recorded for seed in row.seeds})),
        splits=_splits(rows),
        demo=_is_demo(entries, plan),
        baseline=plan.baseline or "" if plan else "",
        rows=tuple(with_best(rows, protocols)),
        code_note=code_note,
    )


def recorded_plan(entries: list[ListedRun]) -> Plan | None:
    """The newest readable plan in the specs of the runs. None if there is none: then the table lists the runs in the
    order in which they started.
    """
    newest_first = entries[::-1]
    for entry in sorted(newest_first, key=lambda entry: entry.is_recorded):  # those that were launched come first
        if entry.spec.plan:
            with contextlib.suppress(PlanError):  # of a later version, or damaged: that must not hide the other rows
                return plan_from(entry.spec.plan, str(entry.run.spec))
    return None


def _splits(rows: list[Row]) -> tuple[int, ...]:
    """A row without splits has split 0."""
    found = {split for row in rows if row.run_ids and not row.recorded for split in row.splits or (0,)}
    return tuple(sorted(found)) if found - {0} else ()


def _flag(plan: Plan | None, name: str) -> str:
    return str(plan.base.get(name, "")) if plan else ""


def _is_demo(entries: list[ListedRun], plan: Plan | None) -> bool:
    return any(entry.result is not None and entry.result.demo for entry in entries) or (
        "demo" in {_flag(plan, "dataset"), *(entry.spec.dataset for entry in entries)}
    )
