"""When Slurm would start the jobs of a launch that is only looked at: its guess for each kind of them."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.plans.offered import asks_alike
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.slurm.ask import was_silent_just_now
from iqa_tui.slurm.starts import start_words

MOST_KINDS = 3
"""Kinds of jobs that Slurm is asked for: a plan may give each row a partition of its own."""


def expected_starts(request: LaunchRequest) -> list[str]:
    """`F2, F3: one job would start about 14:10 in partition gpu`, a line a kind; without the names if all ask alike.

    Waits for Slurm, some seconds at most for each kind.
    """
    kinds, lines = asks_alike(request), []
    for names, options in kinds[:MOST_KINDS]:
        whose = f"{', '.join(names)}: " if len(kinds) > 1 else ""
        lines.append(f"{whose}{start_words(options, request.cwd or Path.cwd())}")
        if was_silent_just_now():
            break
    return lines
