"""`iqa-tui paper`: a folder with all that a paper needs of a group of runs."""

from __future__ import annotations

import argparse
import sys

from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.commands.result_groups import named_group, newest_group
from iqa_tui.commands.telling_progress import progress_on
from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import load_plan
from iqa_tui.results.paper.build import paper_of
from iqa_tui.results.paper.content import content_of
from iqa_tui.results.paper.folder import SUMS, check_folder, write_folder
from iqa_tui.results.table import read_entries, recorded_plan


def run(options: argparse.Namespace) -> int:
    folder = check_folder(options.output)
    plan = load_plan(options.plan) if options.plan else None
    group = named_group(options.runs_dir, options.group) if options.group else newest_group(options.runs_dir, plan)
    if group is None:
        raise PlanError(f"There are no runs in {options.runs_dir}. Launch a plan first; a paper needs finished runs.")
    entries = read_entries(options.runs_dir, group)
    with progress_on(sys.stderr, "resampling the test images") as observer:
        content = content_of(entries, group, plan or recorded_plan(entries), observer=observer)
    paper = paper_of(content)
    write_folder(folder, paper.files)
    print("\n".join(str(folder / name) for name in sorted([*paper.files, SUMS])))
    if paper.without:
        print(paper.without, file=sys.stderr)
    if content.missing:
        print(f"Rows without a result are not in it: {', '.join(content.missing)}.", file=sys.stderr)
    return ALL_WELL
