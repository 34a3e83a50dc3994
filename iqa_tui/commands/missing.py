"""`iqa-tui retry --missing`: launch what a group has no result of, and nothing else."""

from __future__ import annotations

import argparse
import sys

from iqa_tui.commands.exit_codes import ALL_WELL, USAGE
from iqa_tui.monitor.trainer_code import group_code, other_code_words, trainer_digest_of
from iqa_tui.queue.missing import Missing, find_missing, launch_missing
from training.runfolder.text import plain


def run(options: argparse.Namespace) -> int:
    if len(options.runs) > 1:
        print("error: --missing takes one group, or none for that of the newest run.", file=sys.stderr)
        return USAGE
    missing = find_missing(
        options.runs_dir, next(iter(options.runs), None), experiments=options.only, seeds=options.seeds
    )
    print(plain(missing.words), flush=True)
    _tell_of_other_code(missing)
    for line in launch_missing(missing):
        print(plain(line), flush=True)
    if not missing.ended and not missing.never:
        print("Nothing is missing.")
    return ALL_WELL


def _tell_of_other_code(missing: Missing) -> None:
    if missing.ended or missing.never:
        template = missing.template
        codes = group_code(template.runs_dir, missing.group)
        for line in other_code_words(missing.group, codes, trainer_digest_of(template.plan, template.cwd)):
            print(plain(line), file=sys.stderr)
