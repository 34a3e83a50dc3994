"""`iqa-tui import`: logs of the published trainer become recorded runs, with their curves and their rows; so do folders
of evaluations, see `import_evaluation`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from iqa_tui.commands import import_evaluation
from iqa_tui.commands.exit_codes import A_RUN_FAILED, ALL_WELL
from iqa_tui.errors import PlanError
from iqa_tui.importing.pieces import BadLog
from iqa_tui.importing.published import read_published
from iqa_tui.importing.record import Wish, import_log
from iqa_tui.importing.row import row_named, row_of_loss
from iqa_tui.plans.plan import Plan, load_plan
from iqa_tui.words.states import RECORDED_SIGN
from training.runfolder.read import read_spec
from training.runfolder.text import plain

LOGS_PLAN = "koniq-losses"
"""Whose rows the logs of the published trainer are, if no plan is named."""


def run(options: argparse.Namespace) -> int:
    """A log that cannot be imported is named, and the others are imported all the same."""
    folders = [path for path in options.logs if path.is_dir()]
    if folders:
        if len(folders) < len(options.logs):
            raise PlanError("Import logs and folders of evaluations each by a command of their own.")
        return import_evaluation.run(options, folders)
    if options.label:
        raise PlanError("--label names the row of an evaluation; that of a log has its label in the plan.")
    plan = load_plan(options.plan or LOGS_PLAN)
    ids = _ids(options, plan)
    seeds = _seeds(options)
    code = ALL_WELL
    for path, row_id, seed in zip(options.logs, ids, seeds, strict=True):
        wish = Wish(options.runs_dir, plan, options.group or plan.name, seed, options.again)
        try:
            _import(path, row_id, wish)
        except BadLog as error:
            print(f"error: {plain(str(error))}", file=sys.stderr)
            code = A_RUN_FAILED
    return code


def _ids(options: argparse.Namespace, plan: Plan) -> list[str | None]:
    """The row of each log; None: the one whose loss its header names.

    Raises:
        PlanError: the plan has no such row, or there are not as many as logs.
    """
    named = options.rows
    if named is None:
        return [None] * len(options.logs)
    for row_id in named:
        row_named(plan, row_id)
    if len(named) not in (1, len(options.logs)):
        raise PlanError(
            f"--as names {len(named)} rows for {len(options.logs)} logs. Name one for all, or one for each log."
        )
    return list(named) * (len(options.logs) if len(named) == 1 else 1)


def _seeds(options: argparse.Namespace) -> list[int | None]:
    """Raises:
    PlanError: there are not as many as logs.
    """
    if options.seeds is None:
        return [None] * len(options.logs)
    if len(options.seeds) != len(options.logs):
        raise PlanError(
            f"--seeds names {len(options.seeds)} seeds for {len(options.logs)} logs. Name one for each log."
        )
    return list(options.seeds)


def _import(path: Path, row_id: str | None, wish: Wish) -> None:
    log = read_published(path)
    row = row_of_loss(wish.plan, log) if row_id is None else row_named(wish.plan, row_id)
    for imported in import_log(log, row, wish):
        spec = read_spec(imported.run)
        print(plain(f"{path.name} is {spec.experiment} {RECORDED_SIGN[0]} of {spec.group}: {imported.words}"))
        print(plain(f"  {imported.run.run_id}"))
