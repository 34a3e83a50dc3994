"""`iqa-tui retry --missing`: launch what a group has no result of, and nothing else."""

from __future__ import annotations

import argparse
import sys

from iqa_tui.commands.exit_codes import ALL_WELL, USAGE
from iqa_tui.queue.before_launch import notes_before_launch
from iqa_tui.queue.missing import find_missing, launch_missing
from training.runfolder.text import plain


def run(options: argparse.Namespace) -> int:
    if len(options.runs) > 1:
        print("error: --missing takes one group, or none for that of the newest run.", file=sys.stderr)
        return USAGE
    missing = find_missing(
        options.runs_dir,
        next(iter(options.runs), None),
        experiments=options.only,
        seeds=options.seeds,
        splits=options.splits,
    )
    print(plain(missing.words), flush=True)
    if missing.ended or missing.never or missing.trials:
        for line in notes_before_launch(missing.template):
            print(line, file=sys.stderr)
    for line in launch_missing(missing):
        print(plain(line), flush=True)
    if not (missing.ended or missing.never or missing.trials):
        print("Nothing is missing.")
    return ALL_WELL
