"""`iqa-tui launch PLAN`: queue its experiments; then the app, or, without a terminal, progress and the table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from iqa_tui.commands.exit_codes import OpenApp
from iqa_tui.commands.follow import follow
from iqa_tui.commands.terminal import has_terminal
from iqa_tui.monitor.trainer_code import group_code, other_code_words, trainer_digest_of
from iqa_tui.plans.flags import group_name
from iqa_tui.plans.plan import load_plan
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.settings import other_settings_words
from iqa_tui.queue.check import check
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.trust.code_check import code_open_to_others
from training.runfolder.text import plain


def run(options: argparse.Namespace) -> int | OpenApp:
    return launch(request_of(options), options)


def request_of(options: argparse.Namespace) -> LaunchRequest:
    """What the options ask for.

    Raises:
        PlanError: no such plan, or a bad one.
    """
    return LaunchRequest(
        plan=load_plan(options.plan),
        experiments=tuple(options.only) if options.only else None,
        seeds=options.seeds,
        overrides=dict(options.set),
        devices=tuple(options.devices) if options.devices else None,
        strategy=options.strategy,
        time_limit_hours=options.time_limit,
        runs_dir=options.runs_dir,
    )


def launch(request: LaunchRequest, options: argparse.Namespace) -> int | OpenApp:
    check(request)
    group = group_name(request.plan, request.overrides)
    told = other_code_words(group, group_code(request.runs_dir, group), trainer_digest_of(request.plan))
    for line in [*told, *other_settings_words(request.runs_dir, group, request.plan)]:
        print(plain(line), file=sys.stderr)  # it names runs and settings of other specs
    for line in code_open_to_others(request.plan.command, request.cwd or Path.cwd()):
        print(plain(f"note: {line}: what these runs execute is as safe as that"), file=sys.stderr)
    runs = enqueue(request)
    if has_terminal() and not options.headless:
        return OpenApp(options.runs_dir, ascii_mode=options.ascii)
    return follow(runs, wait_seconds=options.wait)
