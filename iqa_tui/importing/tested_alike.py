"""Refuses an evaluation that was tested otherwise than the runs of a table: its number is no number of that table."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence

from iqa_tui.importing.evaluation import LARGEST_SCORES_BYTES, Evaluation, Joining
from iqa_tui.importing.pieces import BadLog
from iqa_tui.monitor.listing import ListedRun
from training.runfolder.errors import RunFolderError
from training.runfolder.evaluation import scores_in
from training.runfolder.opening import read_bounded
from training.runfolder.text import plain

NEAR = 1e-6
"""How far two readings of one opinion may lie apart, in parts of it (at least of 1)."""

Opinions = Mapping[str, float]
"""Image to MOS."""


def refuse_other(found: Evaluation, joining: Joining, runs: Sequence[ListedRun]) -> None:
    """Raises:
    BadLog: it is of another data set, split or other images than the runs of the table.
    """
    record, folder = found.record, found.folder
    if joining.dataset and record.dataset != joining.dataset:
        raise BadLog(
            f"{folder}: is of the data set {record.dataset}, but {joining.group} is of {joining.dataset}. Evaluate the "
            f"network with --dataset {joining.dataset}, or name another table by --group."
        )
    if record.split in ("train", "val"):
        raise BadLog(
            f"{folder}: holds scores of the split {record.split}, and a table has those of the test split. Evaluate "
            "the network with --split test."
        )
    own = [run for run in runs if run.result is not None and run.spec.split_seed == record.split_seed]
    others = sorted({run.spec.split_seed for run in runs if run.result is not None})
    if not own and others:
        splits = ", ".join(map(str, others))
        raise BadLog(
            f"{folder}: is of the random split {record.split_seed}, and the runs of {joining.group} of {splits}. "
            "A run of another split is tested on other images: evaluate that network on the split of these runs."
        )
    expected = next((opinions for run in own if (opinions := _opinions_of(run)) is not None), None)
    if expected is not None:
        _refuse_other_images(found, expected, joining.group)
    elif record.split != "test":
        raise BadLog(
            f"{folder}: holds scores of all splits, and no run of {joining.group} has scores yet that would show which "
            "images are tested. Evaluate the network with --split test."
        )


def _refuse_other_images(found: Evaluation, expected: Opinions, group: str) -> None:
    own = _opinions(found.scores)
    if own is None:
        raise BadLog(f"{scores_in(found.folder)}: is no table of image, mos, pred.")
    missing, more = expected.keys() - own.keys(), own.keys() - expected.keys()
    if missing or more:
        example = min(missing or more)
        which = "is not in it" if missing else "is not among theirs"
        raise BadLog(
            f"{found.folder}: was tested on other images than the runs of {group}: {len(own):,} images of the split "
            f"{found.record.split}, theirs are {len(expected):,}; {plain(example, 100)} {which}. Evaluate the network "
            "with --split test on the same data."
        )
    changed = [name for name, mos in expected.items() if abs(own[name] - mos) > NEAR * max(1.0, abs(mos))]
    if changed:
        name = min(changed)
        which = "1 image has another opinion" if len(changed) == 1 else f"{len(changed):,} images have other opinions"
        raise BadLog(
            f"{found.folder}: {which} than in the runs of {group}, for example "
            f"{plain(name, 100)}: {own[name]:g} instead of {expected[name]:g}. Evaluate the network on the same labels."
        )


def _opinions_of(run: ListedRun) -> Opinions | None:
    """Of its test images; None if they cannot be read."""
    if run.result is None:
        return None
    try:
        path = run.run.score_file(plain(run.result.dataset).replace("/", "_"), "test")
        return _opinions(read_bounded(path, LARGEST_SCORES_BYTES))
    except (OSError, RunFolderError):
        return None


def _opinions(content: bytes) -> Opinions | None:
    reader = csv.reader(io.StringIO(content.decode(errors="replace")))
    try:
        if next(reader, [])[:3] != ["image", "mos", "pred"]:
            return None
        found = {row[0]: float(row[1]) for row in reader if row}
    except (csv.Error, ValueError, IndexError):
        return None
    return found if all(map(math.isfinite, found.values())) else None
