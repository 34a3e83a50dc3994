"""Which group of runs a command of results means."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import Plan
from iqa_tui.results.table import group_tables
from training.runfolder.text import plain


def named_group(runs_dir: Path, text: str) -> str:
    """The group of this name, as it is or as it is shown.

    Raises:
        PlanError: there is none.
    """
    groups = group_tables(runs_dir)
    for group in (*(name for name in groups if name == text), *(name for name in groups if plain(name) == text)):
        return group
    raise PlanError(f"{runs_dir} has no group {text!r}. It has {', '.join(map(repr, groups)) or 'none'}.")


def newest_group(runs_dir: Path, plan: Plan | None) -> str | None:
    """The group with the newest run, of this plan if one is given; None if there is no run."""
    for group in group_tables(runs_dir):
        if plan is None or group == plan.name or group.startswith(f"{plan.name} "):
            return group
    return None
