"""`iqa-tui launch PLAN`: queue its experiments; then the app, or, without a terminal, progress and the table."""

from __future__ import annotations

import argparse

from iqa_tui.commands.exit_codes import OpenApp
from iqa_tui.commands.launching import launch, request_of


def run(options: argparse.Namespace) -> int | OpenApp:
    return launch(request_of(options), options)
