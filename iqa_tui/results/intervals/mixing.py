"""Runs on several data sets: each data set is measured and drawn by itself, and the run has the means.

The opinions of two studies are on two scales, so a correlation over all images would say how the scales differ. KRCC
and the rest are means over data sets, each counted once; an error has no mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from iqa_tui.results.intervals.measuring import ImageSet, MeasuredRun
from iqa_tui.results.intervals.scores import Floats, RowScores, RunScores


def taken_apart(rows: Sequence[RowScores]) -> list[RowScores]:
    """The rows with each run on several data sets replaced by its parts."""
    return [replace(row, runs=tuple(part for run in row.runs for part in run.parts or (run,))) for row in rows]


class Joiner:
    """Puts the parts together; runs with the same images share one set again."""

    def __init__(self) -> None:
        self._sets: dict[tuple[int, ...], ImageSet] = {}

    def joined(self, row: RowScores, measured: Sequence[MeasuredRun]) -> list[MeasuredRun]:
        """The runs of `row`, of which `measured` are the parts in order."""
        rest = iter(measured)
        return [self._run(run, [next(rest) for _ in run.parts]) if run.parts else next(rest) for run in row.runs]

    def _run(self, run: RunScores, parts: Sequence[MeasuredRun]) -> MeasuredRun:
        values = {name: _mean([part.values.get(name) for part in parts]) for name in parts[0].values if name != "rmse"}
        values |= dict(run.numbers)
        moves = {
            metric: _without_each(parts, metric) if metric == "krcc" else _mean_moves(parts, metric)
            for metric in values
            if all(metric in part.moves for part in parts)
        }
        return MeasuredRun(run, self._set(parts), values, moves=moves)

    def _set(self, parts: Sequence[MeasuredRun]) -> ImageSet | None:
        sets = [part.images for part in parts if part.images is not None]
        if len(sets) < len(parts):
            return None
        key = tuple(map(id, sets))
        if key not in self._sets:
            firsts = np.cumsum([0, *(images.unit_count for images in sets)])
            units = [images.units + first for images, first in zip(sets, firsts, strict=False)]
            names = tuple(name for images in sets for name in images.names)
            self._sets[key] = ImageSet(names, np.concatenate([images.mos for images in sets]), np.concatenate(units))
        return self._sets[key]


def _without_each(parts: Sequence[MeasuredRun], metric: str) -> Floats:
    """(units,) the mean without each unit of each data set."""
    values: Mapping[int, float] = {number: part.values[metric] or 0.0 for number, part in enumerate(parts)}
    mean = sum(values.values()) / len(parts)
    return np.concatenate(
        [mean + (part.moves[metric] - values[number]) / len(parts) for number, part in enumerate(parts)]
    )


def _mean_moves(parts: Sequence[MeasuredRun], metric: str) -> Floats:
    """(resamples,) the mean of the data sets, each of which was drawn by itself."""
    return np.asarray(np.mean([part.moves[metric] for part in parts], axis=0), dtype=np.float64)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None
