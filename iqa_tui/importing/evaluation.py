"""What `python -m training.evaluate --output FOLDER` left, read, and the row that it becomes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.importing.pieces import BadLog
from training.runfolder.errors import RunFolderError
from training.runfolder.evaluation import EvaluationRecord, record_in, scores_in
from training.runfolder.opening import read_bounded
from training.runfolder.read import parse_record

LARGEST_SCORES_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One such folder, read and checked."""

    folder: Path
    record: EvaluationRecord
    record_sha256: str
    scores: bytes
    """Of single images, as they are in the file."""


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """The row that it becomes."""

    id: str
    label: str
    order: int
    """Its place in the plan, or behind all of them."""


@dataclass(frozen=True, slots=True)
class Joining:
    """The table that the row joins."""

    runs_dir: Path
    group: str
    dataset: str
    """Of the group, or of its plan before the group has a run; empty if neither is known."""
    plan: Mapping[str, object]
    """Content of the group's plan; empty if it has none."""
    seed: int | None = None
    """None: the network's own, or the next that is free."""
    again: bool = False
    """An evaluation that was imported before is imported once more."""


def read_evaluation(folder: Path) -> Evaluation:
    """Raises:
    BadLog: it is no such folder, or not as it was written.
    """
    try:
        content = read_bounded(record_in(folder))
        record = parse_record(content, EvaluationRecord, record_in(folder))
        scores = read_bounded(scores_in(folder), LARGEST_SCORES_BYTES)
    except FileNotFoundError as error:
        hint = "`python -m training.evaluate RUN --dataset NAME --output FOLDER` makes such a folder."
        raise BadLog(f"{folder}: there is no {Path(str(error.filename)).name}. {hint}") from None
    except (OSError, RunFolderError) as error:
        raise BadLog(f"{folder}: cannot be read: {error}") from error
    if hashlib.sha256(scores).hexdigest() != record.scores_sha256:
        raise BadLog(f"{scores_in(folder)}: was changed since it was written. Evaluate the network again.")
    return Evaluation(folder, record, hashlib.sha256(content).hexdigest(), scores)
