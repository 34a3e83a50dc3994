"""Which code a plan's runs are made by, so that no group mixes two unseen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from iqa_tui.plans.plan import Plan
from iqa_tui.words.code import code_words
from training.runfolder.layout import list_runs
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import Result, RunFolderError
from training.runfolder.source import source_digest, trainer_digest


def trainer_digest_of(plan: Plan, cwd: Path | None = None) -> str:
    """Of the trainer that the plan names: ours, or the files that stand in its command; empty where none can be found.

    Args:
        cwd: where the command is run; None: here.
    """
    try:
        if plan.command is None:
            return trainer_digest()
        files = _files_in(plan.command, cwd or Path.cwd())
        return source_digest(files) if files else ""
    except OSError:
        return ""


def _files_in(command: Sequence[str], cwd: Path) -> dict[str, Path]:
    """The command's own files: what it names, and the module behind `-m`. The program itself is no source."""
    found: dict[str, Path] = {}
    for before, word in pairwise(command):
        module = word.replace(".", "/")
        names = (f"{module}.py", f"{module}/__main__.py") if before == "-m" else (word,)
        found |= {name: cwd / name for name in names if (cwd / name).is_file()}
    return found


def group_code(runs_dir: Path, group: str) -> dict[str, list[str]]:
    """Digest to the group's runs that ran, or were queued, with that code; a run that does not tell is left out."""
    codes: dict[str, list[str]] = {}
    for run in list_runs(runs_dir):
        try:
            spec = read_spec(run)
            result = read_record(run.result, Result) if spec.group == group else None
        except RunFolderError:
            continue
        digest = (result.source_digest if result else "") or spec.source_digest
        if spec.group == group and digest:
            codes.setdefault(digest, []).append(spec.experiment or run.run_id)
    return codes


def other_code_words(group: str, codes: Mapping[str, Sequence[str]], digest: str) -> list[str]:
    """What to know before runs of this code join a group; [] where it has no other.

    Args:
        codes: as `group_code` gives it.
        digest: of the runs that shall join; empty where it is not known.
    """
    others = {code: names for code, names in codes.items() if code != digest}
    if not digest or not others:
        return []
    return [
        f"{group} has runs of other trainer code: {code_words(others)}; what is launched now is {digest}.",
        "Differences may come from the code: launch every row again (--runs-dir takes another folder), or put it back.",
    ]
