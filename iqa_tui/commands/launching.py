"""From the options of a command to queued runs."""

from __future__ import annotations

import argparse
import sys

from iqa_tui.commands.exit_codes import OpenApp
from iqa_tui.commands.follow import follow
from iqa_tui.commands.terminal import has_terminal
from iqa_tui.doctor.not_here import lines_on
from iqa_tui.plans.plan import load_plan
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.before_launch import notes_before_launch
from iqa_tui.queue.check import check
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.slurm.ask import has_slurm


def request_of(options: argparse.Namespace) -> LaunchRequest:
    """What the options ask for.

    Raises:
        PlanError: no such plan, or a bad one.
    """
    return LaunchRequest(
        plan=load_plan(options.plan),
        experiments=tuple(options.only) if options.only else None,
        seeds=options.seeds,
        splits=options.splits,
        overrides=dict(options.set),
        devices=tuple(options.devices) if options.devices else None,
        strategy=options.strategy,
        time_limit_hours=options.time_limit,
        runs_dir=options.runs_dir,
        engine=options.engine,
        slurm=dict(options.slurm),
    )


def launch(request: LaunchRequest, options: argparse.Namespace) -> int | OpenApp:
    facts = check(request)
    for line in (*(lines_on(facts) if request.is_slurm else _on_engine(request)), *notes_before_launch(request)):
        print(line, file=sys.stderr)
    runs = enqueue(request, facts)
    if has_terminal() and not options.headless:
        return OpenApp(options.runs_dir, screen="monitor", ascii_mode=options.ascii)
    return follow(runs, wait_seconds=options.wait)


def _on_engine(request: LaunchRequest) -> list[str]:
    """A plan for Slurm that is launched without it, on a machine that has it: often a login node."""
    is_for_slurm = bool(request.plan.slurm) or any(each.slurm for each in request.plan.experiments)
    if not (is_for_slurm and has_slurm()):
        return []
    return [
        "note: the plan has [slurm], but its runs start on this machine: with --engine slurm they are jobs of Slurm"
    ]
