"""Which variables differ between the environments in which the runs of a group were launched: names, no values."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from iqa_tui.monitor.listing import specs_in
from iqa_tui.words.repetitions import repetition_words
from training.runfolder.engines import RECORDED
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Environment

OF_A_SHELL = frozenset({"_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL", "STY", "TMUX", "TMUX_PANE", "WINDOW"})
"""What differs from one window to the next and changes no training."""


def environments_of(runs_dir: Path, group: str) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Read the environments, which only the owner of a run can read.

    Returns:
        Run, by the name for people, to a digest of each of its variables; and the names of runs whose environment
        cannot be read: another user's, or launched by an earlier version.
    """
    read: dict[str, dict[str, str]] = {}
    closed: list[str] = []
    for run, spec in specs_in(runs_dir):
        if spec is None:
            closed.append(run.run_id)
            continue
        if spec.group != group or spec.engine == RECORDED:
            continue
        name = f"{spec.experiment or run.run_id} {repetition_words(spec.seed, spec.split)}"
        name = run.run_id if name in read or name in closed else name
        environment = _environment_of(run)
        if environment is None:
            closed.append(name)
        else:
            read[name] = {key: _digest(value) for key, value in environment.variables.items()}
    return read, closed


def _environment_of(run: RunFolder) -> Environment | None:
    """None if there is none, or it cannot be read."""
    try:
        return read_record(run.environment, Environment)
    except RunFolderError:
        return None


def _digest(value: str) -> str:
    """Equal for equal values; no value is kept."""
    return hashlib.sha256(value.encode(errors="surrogateescape")).hexdigest()


def differing_variables(environments: Mapping[str, Mapping[str, str]]) -> dict[str, list[list[str]]]:
    """Variable to the runs that share a value of it, the largest set first; the runs that lack it come last.

    Args:
        environments: as `environments_of` gives them.
    """
    names = sorted({name for variables in environments.values() for name in variables} - OF_A_SHELL)
    found: dict[str, list[list[str]]] = {}
    for name in names:
        sets: dict[str | None, list[str]] = {}
        for run, variables in environments.items():
            sets.setdefault(variables.get(name), []).append(run)
        if len(sets) > 1:
            unset = sets.pop(None, [])
            found[name] = [*sorted(sets.values(), key=len, reverse=True), unset]
    return found


def difference_lines(differing: Mapping[str, Sequence[Sequence[str]]]) -> list[str]:
    """`OMP_NUM_THREADS: F1 seed 1, F2 seed 1 | F3 seed 1 | not set: F4 seed 1`."""
    lines = []
    for name, (*sets, unset) in differing.items():
        parts = [", ".join(runs) for runs in sets] + ([f"not set: {', '.join(unset)}"] if unset else [])
        lines.append(f"  {name}: {' | '.join(parts)}")
    return lines
