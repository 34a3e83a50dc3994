"""`iqa-tui status`: runs, devices, and why each run waits."""

from __future__ import annotations

import argparse
import gc

from iqa_tui.commands.listing import print_status
from iqa_tui.commands.listing_json import print_json


def run(options: argparse.Namespace) -> int:
    gc.disable()  # what is read stays until it is printed: looking through it for garbage costs 10,000 runs a second
    try:
        return print_json(options.runs_dir) if options.json else print_status(options.runs_dir)
    finally:
        gc.enable()
