"""Every metric of every run of a table: its value, and how it moves with the test images.

PLCC is that of the raw predictions. `plcc_fitted` is that of predictions mapped to the opinions by the logistic
function of VQEG, as in the trainer's result. RMSE is that of the predictions as the trainer calibrated them. Both maps
are fitted once and held fixed: the resamples draw mapped predictions. So the noise of the fit itself, of four numbers
from all images, is not in their intervals.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from iqa_tui.results.intervals.cancelling import Observer, Steps
from iqa_tui.results.intervals.correlation import plcc, rmse, srcc
from iqa_tui.results.intervals.kendall import kendall
from iqa_tui.results.intervals.logistic import fitted
from iqa_tui.results.intervals.resampling import Resampling, Task, blocks_of, resampled
from iqa_tui.results.intervals.scores import Floats, Integers, RowScores, RunScores

IMAGE_METRICS = ("srcc", "plcc", "plcc_fitted", "krcc", "rmse")
"""Those that have a value for any set of images. All others are numbers of a run."""


@dataclass(frozen=True, slots=True, eq=False)
class ImageSet:
    """Test images that some runs share, by name, and what is drawn of them."""

    names: tuple[str, ...]
    mos: Floats
    units: Integers
    """(N,) number from 0 on of the image, or of its reference image."""
    part_of: str = ""
    """The data set, if the runs are parts of runs on several: each data set is drawn by numbers of its own."""

    @property
    def unit_count(self) -> int:
        return int(self.units.max(initial=-1)) + 1


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredRun:
    """One run of a row with its metrics."""

    scores: RunScores
    images: ImageSet | None
    """None if its scores cannot be read."""
    values: dict[str, float | None] = field(default_factory=dict)
    """None: undefined, as of constant predictions."""
    preds: dict[str, Floats] = field(default_factory=dict)
    """Metric to the predictions that it is of, in the order of the image set."""
    moves: dict[str, Floats] = field(default_factory=dict)
    """Metric to its values in all resamples; for KRCC to its values without each unit."""

    @property
    def key(self) -> tuple[str, int]:
        """(split, seed): by these runs of two rows are paired."""
        return self.scores.split, self.scores.seed


def measure(
    rows: Sequence[RowScores], metrics: Sequence[str], resampling: Resampling, observer: Observer
) -> dict[str, list[MeasuredRun]]:
    """Id of a row to its runs.

    Labels of the demo are no opinions, so its runs are not resampled; nor are those of rows that all have the same
    seeds on the same several random splits, since no interval over splits has a part of the images.

    Raises:
        Cancelled: asked to stop.
    """
    placed = _placed([run for row in rows for run in row.runs if run.images])
    resampled_rows = () if _are_over_splits(rows) else [row for row in rows if not row.is_demo]
    drawn = [placed[id(run)].images for row in resampled_rows for run in row.runs if run.images]
    drawing = [metric for metric in metrics if metric in _VALUES]
    blocks = sum(blocks_of(len(images.names), resampling) for images in drawn) * max(len(drawing), 1)
    steps = Steps(observer, blocks + sum(len(row.runs) for row in rows))
    measured = {row.id: [_measured(run, placed.get(id(run)), metrics, steps) for run in row.runs] for row in rows}
    runs = [run for row in resampled_rows for run in measured[row.id]]
    for images in {id(images): images for images in drawn}.values():
        if images.unit_count > 1:
            _resample(images, [run for run in runs if run.images is images], resampling, steps)
    observer.on_progress(1.0)
    return measured


def _are_over_splits(rows: Sequence[RowScores]) -> bool:
    found = {frozenset((run.split, run.seed) for run in row.runs) for row in rows if row.runs}
    return len(found) == 1 and len({split for split, _ in next(iter(found))}) > 1


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """The images of a run in their set."""

    images: ImageSet
    order: Integers
    """(N,) where the images of the set stand in the run."""


def _placed(runs: Sequence[RunScores]) -> dict[int, _Placed]:
    """By the run's `id`. Runs with the same images and opinions share a set, drawn by the reference images of any of
    them that names some.
    """
    orders = [np.array(sorted(range(len(run.images)), key=run.images.__getitem__), dtype=np.intp) for run in runs]
    sets: dict[tuple[tuple[str, ...], bytes, str], ImageSet] = {}
    keys = []
    for run, order in sorted(zip(runs, orders, strict=True), key=lambda pair: not pair[0].groups):  # with groups first
        names = tuple(run.images[place] for place in order)
        key = names, run.mos[order].tobytes(), run.part_of
        keys.append((run, order, key))
        if key not in sets:
            drawn = np.array([run.groups[place] for place in order] if run.groups else names)
            units = np.asarray(np.unique(drawn, return_inverse=True)[1], dtype=np.intp)
            sets[key] = ImageSet(names, run.mos[order], units, run.part_of)
    return {id(run): _Placed(sets[key], order) for run, order, key in keys}


def _measured(run: RunScores, placed: _Placed | None, metrics: Sequence[str], steps: Steps) -> MeasuredRun:
    measured = MeasuredRun(run, None if placed is None else placed.images)
    measured.values.update({name: value for name, value in run.numbers.items() if np.isfinite(value)})
    if placed is None:
        return measured
    images, order = placed.images, placed.order
    for metric in metrics:
        if metric == "krcc":
            found = kendall(run.predictions[order], images.mos, images.units, steps)
            measured.values[metric] = found.value
            if found.without is not None:
                measured.moves[metric] = found.without
        elif metric in _VALUES and (pred := _mapped(run, metric)) is not None:
            measured.preds[metric] = pred[order]
            measured.values[metric] = _VALUES[metric](pred[order], images.mos)
    steps.step()
    return measured


def _mapped(run: RunScores, metric: str) -> Floats | None:
    """The predictions that the metric is of; None: it has none."""
    if metric == "rmse":
        return run.calibrated
    return fitted(run.predictions, run.mos) if metric == "plcc_fitted" else run.predictions


_VALUES: Mapping[str, Callable[[Floats, Floats], float | None]] = {
    "srcc": srcc,
    "plcc": plcc,
    "plcc_fitted": plcc,
    "rmse": rmse,
}


def _resample(images: ImageSet, runs: Sequence[MeasuredRun], resampling: Resampling, steps: Steps) -> None:
    wanted = [(run, metric) for run in runs for metric in run.preds if run.values[metric] is not None]
    if not wanted:
        return
    kinds = {metric: "plcc" if metric == "plcc_fitted" else metric for _, metric in wanted}
    tasks = [Task(kinds[metric], run.preds[metric]) for run, metric in wanted]
    found = resampled(images.mos, images.units, tasks, _numbers_of(images.part_of, resampling), steps)
    for (run, metric), moves in zip(wanted, found, strict=True):
        run.moves[metric] = moves


def _numbers_of(part_of: str, resampling: Resampling) -> Resampling:
    """Two data sets of as many images would otherwise be drawn alike, and their noise added up."""
    if not part_of:
        return resampling
    return replace(resampling, generator_seed=resampling.generator_seed + zlib.crc32(part_of.encode()))
