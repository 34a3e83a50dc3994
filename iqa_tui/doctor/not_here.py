"""What runs of Slurm read that this machine does not show: data and weights may be on the nodes alone.

A login node often lacks them, so nothing is blocked for that. A path with a typing error looks the same from here, so
the line says how much of the path there is, and which name beside it is most alike.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from iqa_tui.doctor.finding import Finding, doubtful
from iqa_tui.queue.trainer_facts import Facts
from training.runfolder.facts import TrainerFacts
from training.runfolder.text import plain

NO_FILES = ("pretrained", "none")
"""What the trainer's flag `weights` may be besides a file."""
MOST_NAMES = 10_000
"""Names of a folder that are compared with a misspelt one."""
THE_JOB_LOOKS = "the job will look"


@dataclass(frozen=True, slots=True)
class NotHere:
    """One thing that this machine does not show, and the runs that read it."""

    experiments: tuple[str, ...]
    """Ids, in the order of the plan."""
    finding: Finding


def not_seen_here(facts: Facts) -> Iterator[NotHere]:
    """Each data set and each file of weights once. Costs a look at each path."""
    users: dict[Finding, list[str]] = {}
    for experiment, known in facts.items():
        for finding in (data_not_seen(known), weights_not_seen(known.weights)):
            if finding is not None:
                users.setdefault(finding, []).append(experiment)
    return (NotHere(tuple(experiments), finding) for finding, experiments in users.items())


def paths_read(facts: Facts) -> list[Path]:
    """Every folder of data and every file of weights, each once."""
    data = [Path(folder) for known in facts.values() for folder in known.data_folders]
    weights = [Path(known.weights).expanduser() for known in facts.values() if known.weights not in NO_FILES]
    return list(dict.fromkeys([*data, *weights]))


def lines_on(facts: Facts) -> list[str]:
    """For a terminal."""
    return [
        plain(line)
        for each in not_seen_here(facts)
        for line in (f"warning: {', '.join(each.experiments)}: {each.finding.words}", f"  {each.finding.remedy}")
    ]


def data_not_seen(known: TrainerFacts) -> Finding | None:
    """None: every folder of its data has something in it."""
    for folder in known.data_folders:
        if (finding := _not_seen("data", known.dataset, Path(folder))) is not None:
            return finding
    return None


def weights_not_seen(weights: str) -> Finding | None:
    """Args:
    weights: the trainer's flag.
    """
    return None if weights in NO_FILES else _not_seen("weights", "", Path(weights).expanduser())


def left_to_the_job(finding: Finding) -> Finding:
    """What blocks a run on this machine is for a run elsewhere a doubt."""
    if not finding.blocks:
        return finding
    return replace(finding, blocks=False, words=f"{finding.words} (on this machine); {THE_JOB_LOOKS}")


def _not_seen(subject: str, name: str, path: Path) -> Finding | None:
    why = _why_not_seen(path)
    if why is None:
        return None
    words = f"{f'{name}: ' if name else ''}{path} {why} on this machine; {THE_JOB_LOOKS}"
    return doubtful(subject, words, _nearest_words(path))


def _why_not_seen(path: Path) -> str | None:
    """An empty folder may be the place at which nodes mount the data."""
    try:
        if not path.exists():
            return "is not seen"
        return "is empty" if path.is_dir() and not any(path.iterdir()) else None
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _nearest_words(path: Path) -> str:
    """How much of the path there is, and what its next part may have been meant to be."""
    absolute = path.absolute()
    there = next(parent for parent in absolute.parents if _is_folder(parent))
    rest = absolute.relative_to(there).parts
    if _is_folder(absolute):
        return "Correct the path if it is no place at which the nodes mount the data"
    alike = difflib.get_close_matches(rest[0], _names_in(there), n=1, cutoff=0.75)
    if alike:
        return f"Is {there / alike[0] / Path(*rest[1:])} meant? {there} has no {rest[0]}"
    return f"{there} is here and has no {rest[0]}: correct the path if the nodes have none either"


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _names_in(folder: Path) -> list[str]:
    try:
        return [entry.name for entry, _ in zip(folder.iterdir(), range(MOST_NAMES), strict=False)]
    except OSError:
        return []
