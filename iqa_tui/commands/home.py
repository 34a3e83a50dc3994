"""No command: the app, or, without a terminal, what `status` says."""

from __future__ import annotations

import argparse

from iqa_tui.commands.exit_codes import OpenApp
from iqa_tui.commands.terminal import has_terminal


def run(options: argparse.Namespace) -> int | OpenApp:
    if has_terminal():
        return OpenApp(options.runs_dir, ascii_mode=options.ascii)
    from iqa_tui.commands.listing import print_status  # noqa: PLC0415  what it needs would cost the app's first paint

    print("There is no terminal to open the app in, so this is `iqa-tui status`. `iqa-tui --help` names the rest.\n")
    return print_status(options.runs_dir)
