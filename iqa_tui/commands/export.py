"""`iqa-tui export`: the table of results, as the Results screen writes it."""

from __future__ import annotations

import argparse
import sys

from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.commands.result_groups import named_group, newest_group
from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import load_plan
from iqa_tui.queue.dispatching import revive_in_words
from iqa_tui.results.export import render, write_table
from iqa_tui.results.table import build_table


def run(options: argparse.Namespace) -> int:
    plan = load_plan(options.plan) if options.plan else None
    group = named_group(options.runs_dir, options.group) if options.group else newest_group(options.runs_dir, plan)
    if group is None and plan is None:
        raise PlanError(f"There are no runs in {options.runs_dir}. Launch a plan first, or name one for its rows.")
    table = build_table(options.runs_dir, group, plan)
    if options.output is None:
        print(render(table, options.format, options.columns), end="")
    else:
        print(f"Wrote {write_table(table, options.format, options.output, options.columns)}", file=sys.stderr)
    if told := revive_in_words(options.runs_dir):
        print(told, file=sys.stderr)
    return ALL_WELL
