"""The source of the trainer that a plan names, as one digest."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from iqa_tui.plans.plan import Plan
from training.runfolder.source import source_digest, trainer_digest


def trainer_digest_of(plan: Plan, cwd: Path | None = None) -> str:
    """Of our trainer, or of the files that an external trainer's command names; empty if no file can be found.

    Args:
        cwd: the folder in which the command is run; None: the current one.
    """
    try:
        if plan.command is None:
            return trainer_digest()
        files = _files_in(plan.command, cwd or Path.cwd())
        return source_digest(files) if files else ""
    except OSError:
        return ""


def _files_in(command: Sequence[str], cwd: Path) -> dict[str, Path]:
    """The command's own files: those it names, and the module behind `-m`. The program itself is no source."""
    found: dict[str, Path] = {}
    for before, word in pairwise(command):
        module = word.replace(".", "/")
        names = (f"{module}.py", f"{module}/__main__.py") if before == "-m" else (word,)
        found |= {name: cwd / name for name in names if (cwd / name).is_file()}
    return found
