"""`iqa-tui demo`: the demo plan, on whatever is here."""

from __future__ import annotations

import argparse

from iqa_tui.commands.exit_codes import OpenApp
from iqa_tui.commands.launching import launch
from iqa_tui.plans.plan import load_plan
from iqa_tui.plans.request import LaunchRequest


def run(options: argparse.Namespace) -> int | OpenApp:
    devices = tuple(options.devices) if options.devices else None
    return launch(LaunchRequest(load_plan("demo"), devices=devices, runs_dir=options.runs_dir), options)
