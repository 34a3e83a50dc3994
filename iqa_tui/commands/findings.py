"""`iqa-tui findings`: what the finished runs of a group show."""

from __future__ import annotations

import argparse
import shutil
import sys
from dataclasses import replace

from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.commands.result_groups import named_group, newest_group
from iqa_tui.commands.telling_progress import progress_on
from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import load_plan
from iqa_tui.results.findings.across import across_groups
from iqa_tui.results.findings.as_json import json_text
from iqa_tui.results.findings.as_text import markdown_text, plain_text
from iqa_tui.results.findings.build import findings_of
from iqa_tui.results.table import read_entries, recorded_plan, table_of
from training.runfolder.text import plain_lines

NARROWEST, WIDEST = 40, 100


def run(options: argparse.Namespace) -> int:
    plan = load_plan(options.plan) if options.plan else None
    group = named_group(options.runs_dir, options.group) if options.group else newest_group(options.runs_dir, plan)
    if group is None:
        raise PlanError(f"There are no runs in {options.runs_dir}. Launch a plan first; findings need finished runs.")
    other = named_group(options.runs_dir, options.against) if options.against else None
    if other == group:
        raise PlanError(f"--against {options.against}: that is the group itself. Name another one.")
    entries = read_entries(options.runs_dir, group)
    plan = plan or recorded_plan(entries)
    with progress_on(sys.stderr, "resampling the test images") as observer:
        table = table_of(entries, group, plan)
        findings = findings_of(table, entries, plan, observer=observer)
        if other is not None:
            theirs = read_entries(options.runs_dir, other)
            there = table_of(theirs, other, recorded_plan(theirs))
            findings = replace(findings, across=across_groups((table, entries), (there, theirs), observer=observer))
    if options.format == "json":
        print(json_text(findings), end="")
    elif options.format == "markdown":
        print(plain_lines(markdown_text(findings)), end="")
    else:
        width = min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)
        print(plain_text(findings, width), end="")
    return ALL_WELL
