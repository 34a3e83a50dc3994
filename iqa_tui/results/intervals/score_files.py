"""From the folders of finished runs to `RowScores`: reads `scores/` to a limit, and says what it cannot read."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from iqa_tui.monitor.listing import ListedRun
from iqa_tui.monitor.scored_images import LARGEST_BYTES, MOST_IMAGES
from iqa_tui.results.intervals.logistic import logistic
from iqa_tui.results.intervals.measuring import IMAGE_METRICS
from iqa_tui.results.intervals.scores import Floats, RowScores, RunScores
from iqa_tui.results.row import SECONDS_PER_HOUR, Row
from training.runfolder.errors import RunFolderError
from training.runfolder.mixed import dataset_names, is_mixed
from training.runfolder.opening import read_bounded
from training.runfolder.schema import Result
from training.runfolder.text import plain

KEPT_FILES = 64
COLUMNS = ["image", "mos", "pred"]
RECORDED_SIGN = "◆"


class BadScores(Exception):
    """A file of scores that cannot be used; the text names the file and why."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoreFile:
    """One split as a run scored it."""

    images: tuple[str, ...]
    mos: Floats
    pred: Floats
    groups: tuple[str, ...]
    """The reference image of each image; empty if the file has no such column."""


def table_scores(rows: Sequence[Row], entries: Sequence[ListedRun]) -> tuple[RowScores, ...]:
    """One for each row of a table, in its order.

    The ids are unique: if a row that was launched has a result, a recorded row of its id is called `F1 ◆`; before, the
    recorded row has the id and the launched one is called `F1 (no result)`. Rows of runs that were started by hand may
    have one id too: then the second one is called `l1 (2)`.

    Args:
        rows: of the table.
        entries: of the folder of runs, at least those that the rows count.
    """
    by_run = {entry.run_id: entry for entry in entries if entry.has_scores}
    return tuple(
        _row_scores(row, name, [by_run[run_id] for run_id in row.run_ids if run_id in by_run])
        for row, name in zip(rows, row_names(rows), strict=True)
    )


def row_names(rows: Sequence[Row]) -> list[str]:
    """What each row is called, as `table_scores` says."""
    measured = {row.id for row in rows if not row.recorded and row.srcc is not None}
    recorded = {row.id for row in rows if row.recorded}
    names = []
    for row in rows:
        if row.recorded and row.id in measured:
            names.append(f"{row.id} {RECORDED_SIGN}")
        elif not row.recorded and row.id in recorded - measured:
            names.append(f"{row.id} (no result)")
        else:
            names.append(row.id)
    seen: Counter[str] = Counter()
    for place, name in enumerate(names):
        seen[name] += 1
        if seen[name] > 1:
            names[place] = f"{name} ({seen[name]})"
    return names


def _row_scores(row: Row, name: str, entries: Sequence[ListedRun]) -> RowScores:
    done = [(entry, entry.result) for entry in entries if entry.result is not None]
    recorded = {"srcc": row.srcc, "plcc": row.plcc, "hours": row.hours} if row.recorded else {}
    return RowScores(
        id=name,
        runs=tuple(run_scores(entry, result) for entry, result in done),
        dataset=", ".join(dict.fromkeys(result.dataset for _, result in done)),
        protocol=row.protocol,
        is_demo=any(result.demo for _, result in done),
        recorded={metric: value for metric, value in recorded.items() if value is not None},
        is_elsewhere=row.recorded,
    )


def run_scores(entry: ListedRun, result: Result) -> RunScores:
    """Of one finished run. Never raises for what a file holds: then its metrics are those of the result alone."""
    is_unknown = entry.is_recorded and not result.elapsed_seconds  # it was trained elsewhere
    numbers = {} if is_unknown else {"hours": result.elapsed_seconds / SECONDS_PER_HOUR}
    split = str(entry.split_seed) if entry.split_seed else ""
    try:
        if is_mixed(result.dataset):
            parts = tuple(_part(entry, name, split) for name in dataset_names(result.dataset))
            return replace(together(parts, ranges_of(result)), train_images=result.images.get("train"), numbers=numbers)
        file = read_score_file(entry.run.score_file(_file_name(result.dataset), "test"))
    except BadScores as error:
        told = result.metrics.get("test", {})
        numbers |= {name: value for name in IMAGE_METRICS if (value := told.get(name)) is not None}
        return RunScores(entry.spec.seed, split=split, numbers=numbers, problem=str(error))
    return RunScores(
        seed=entry.spec.seed,
        images=file.images,
        mos=file.mos,
        predictions=file.pred,
        groups=file.groups,
        split=split,
        calibrated=_calibrated(file.pred, result),
        train_images=result.images.get("train"),
        numbers=numbers,
    )


def _file_name(dataset: str) -> str:
    return plain(dataset).replace("/", "_")


def _part(entry: ListedRun, dataset: str, split: str) -> RunScores:
    """Of a run on several data sets, what it scored on one.

    Raises:
        BadScores: its file cannot be used.
    """
    file = read_score_file(entry.run.score_file(_file_name(dataset), "test"))
    return RunScores(
        seed=entry.spec.seed,
        images=file.images,
        mos=file.mos,
        predictions=file.pred,
        groups=file.groups,
        split=split,
        part_of=dataset,
    )


def ranges_of(result: Result) -> dict[str, tuple[float, float]]:
    """Data set of a mixed run to the ends of its scale.

    Raises:
        BadScores: the result does not tell them.
    """
    try:
        found = {
            name: (float(facts["mos_range"][0]), float(facts["mos_range"][1])) for name, facts in result.sets.items()
        }
    except (KeyError, IndexError, TypeError, ValueError):
        found = {}
    if set(found) != set(dataset_names(result.dataset)) or not all(low < high for low, high in found.values()):
        raise BadScores("its result does not tell the scale of each data set")
    return found


def together(parts: Sequence[RunScores], ranges: Mapping[str, tuple[float, float]]) -> RunScores:
    """All images of a run on several data sets, on a scale from 0 to 1, named `koniq-10k/1.jpg`."""

    def scaled(part: RunScores, values: Floats) -> Floats:
        low, high = ranges[part.part_of]
        return (values - low) / (high - low)

    return RunScores(
        seed=parts[0].seed,
        images=tuple(f"{part.part_of}/{name}" for part in parts for name in part.images),
        mos=np.concatenate([scaled(part, part.mos) for part in parts]),
        predictions=np.concatenate([scaled(part, part.predictions) for part in parts]),
        groups=tuple(f"{part.part_of}/{group}" for part in parts for group in part.groups or part.images)
        if any(part.groups for part in parts)
        else (),
        split=parts[0].split,
        parts=tuple(parts),
    )


def _calibrated(pred: Floats, result: Result) -> Floats | None:
    """The predictions on the scale of the opinions, as the result's RMSE is of them; None if it has none."""
    if result.metrics.get("test", {}).get("rmse") is None:
        return None
    return pred if result.calibration is None else _mapped(pred, result.calibration)


def _mapped(pred: Floats, calibration: dict[str, Any]) -> Floats | None:
    """None for a map that this version does not know."""
    try:
        parameters = [float(value) for value in calibration["parameters"]]
        if calibration["kind"] == "linear":
            slope, shift = parameters
            return np.asarray(slope * pred + shift, dtype=np.float64)
        if calibration["kind"] == "logistic":
            top, bottom, centre, width = parameters
            with np.errstate(all="ignore"):
                return logistic(pred, top, bottom, centre, width)
    except (KeyError, TypeError, ValueError):
        pass
    return None


def read_score_file(path: Path) -> ScoreFile:
    """One file of `scores/`, kept until it changes.

    Raises:
        BadScores: it is absent, damaged, or too large.
    """
    try:
        found = path.stat(follow_symlinks=False)
        return _read(path, (found.st_size, found.st_mtime_ns, found.st_ino))
    except FileNotFoundError:
        raise BadScores(f"there is no {path.name}") from None
    except (OSError, RunFolderError) as error:
        raise BadScores(f"{path.name} cannot be read: {error}") from error


@lru_cache(maxsize=KEPT_FILES)
def _read(path: Path, stamp: tuple[int, int, int]) -> ScoreFile:  # noqa: ARG001  the file's state
    content = read_bounded(path, LARGEST_BYTES)
    reader = csv.reader(io.StringIO(content.decode(errors="replace")))
    try:
        header = next(reader, [])
        if header[:3] != COLUMNS:
            raise BadScores(f"{path.name}, line 1: not “{','.join(COLUMNS)}”")
        group = header.index("group") if "group" in header else None
        lines = [_line(cells, group) for cells in reader if cells]
    except (csv.Error, ValueError, IndexError) as error:
        raise BadScores(f"{path.name}, line {reader.line_num}: {plain(str(error), 200)}") from error
    return _checked(path, lines, has_groups=group is not None)


def _line(cells: list[str], group: int | None) -> tuple[str, float, float, str]:
    mos, pred = float(cells[1]), float(cells[2])
    if not (math.isfinite(mos) and math.isfinite(pred)):
        raise ValueError("a number that is not finite")
    return cells[0], mos, pred, cells[group] if group is not None else ""


def _checked(path: Path, lines: list[tuple[str, float, float, str]], *, has_groups: bool) -> ScoreFile:
    if not 0 < len(lines) <= MOST_IMAGES:
        raise BadScores(f"{path.name}: {len(lines):,} images; there must be 1 to {MOST_IMAGES:,}")
    images = tuple(line[0] for line in lines)
    if len(set(images)) < len(images):
        twice = Counter(images).most_common(1)[0][0]
        raise BadScores(f"{path.name}: {plain(twice, 100)} stands there twice")
    mos, pred = (np.array([line[place] for line in lines], dtype=np.float64) for place in (1, 2))
    return ScoreFile(images, mos, pred, tuple(line[3] for line in lines) if has_groups else ())
