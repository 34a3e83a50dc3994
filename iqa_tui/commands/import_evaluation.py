"""`iqa-tui import FOLDER`: an evaluation of any network becomes a row of a table, with scores by image."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL
from iqa_tui.commands.result_groups import named_group, newest_group
from iqa_tui.errors import PlanError
from iqa_tui.importing.evaluated_run import import_evaluation
from iqa_tui.importing.evaluation import EvaluationRow, Joining, read_evaluation
from iqa_tui.importing.pieces import BadLog
from iqa_tui.importing.row import rows_in
from iqa_tui.plans.plan import Plan, load_plan
from iqa_tui.results.row import in_order
from iqa_tui.results.table import read_entries, recorded_plan
from iqa_tui.words.states import RECORDED_SIGN
from training.runfolder.text import plain


@dataclass(frozen=True, slots=True)
class _Table:
    """That the rows join."""

    plan: Plan | None
    """None: its runs were started by hand."""
    joining: Joining


def run(options: argparse.Namespace, folders: list[Path]) -> int:
    """A folder that cannot be imported is named, and the others are imported all the same.

    Raises:
        PlanError: no such plan, group or number of rows.
    """
    table = _table_of(options)
    ids = _ids(options, folders)
    seeds = options.seeds or [None] * len(folders)
    if len(seeds) != len(folders):
        raise PlanError(f"--seeds names {len(seeds)} seeds for {len(folders)} folders. Name one for each.")
    code = ALL_WELL
    for folder, row_id, seed in zip(folders, ids, seeds, strict=True):
        try:
            _import(folder, _row(row_id, options.label, table), replace(table.joining, seed=seed))
        except BadLog as error:
            print(f"error: {plain(str(error))}", file=sys.stderr)
            code = A_RUN_FAILED
    return code


def _table_of(options: argparse.Namespace) -> _Table:
    """The group that is named; else that of the plan; else the one with the newest run.

    Raises:
        PlanError: there is none.
    """
    plan = load_plan(options.plan) if options.plan else None
    if options.group:
        group = options.group if plan else named_group(options.runs_dir, options.group)
    else:
        group = newest_group(options.runs_dir, plan) or (plan.name if plan else "")
    if not group:
        raise PlanError(f"{options.runs_dir} has no runs yet: name the table that the row joins by --plan.")
    entries = [each for each in read_entries(options.runs_dir, group) if not each.is_recorded]
    plan = plan or recorded_plan(entries)
    datasets = in_order(each.spec.dataset for each in entries) or ((str(plan.base.get("dataset", "")),) if plan else ())
    if len(datasets) > 1:
        raise PlanError(f"The runs of {group!r} are of several data sets ({', '.join(datasets)}): no row joins them.")
    content = plan.content if plan else {}
    return _Table(plan, Joining(options.runs_dir, group, next(iter(datasets), ""), content, None, options.again))


def _ids(options: argparse.Namespace, folders: list[Path]) -> list[str]:
    named = options.rows
    if not named:
        raise PlanError("Say which row each folder becomes: --as ID. It may be a new one, with --label TEXT.")
    if len(named) not in (1, len(folders)):
        raise PlanError(f"--as names {len(named)} rows for {len(folders)} folders. Name one for all, or one for each.")
    return list(named) * (len(folders) if len(named) == 1 else 1)


def _row(row_id: str, label: str | None, table: _Table) -> EvaluationRow:
    """A row of the plan, or a new one behind all of them."""
    planned = rows_in(table.plan) if table.plan else {}
    if row_id in planned:
        row = planned[row_id]
        return EvaluationRow(row_id, label or row.label, row.order)
    return EvaluationRow(row_id, label or row_id, len(planned))


def _import(folder: Path, row: EvaluationRow, joining: Joining) -> None:
    run_folder, words = import_evaluation(read_evaluation(folder), row, joining)
    print(plain(f"{folder.name} is {row.id} {RECORDED_SIGN[0]} of {joining.group}: {words}"))
    print(plain(f"  {run_folder.run_id}"))
