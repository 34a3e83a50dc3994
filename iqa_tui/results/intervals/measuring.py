"""Every metric of every run of a table: its value, and how it moves with the test images.

PLCC is that of the raw predictions. `plcc_fitted` is that of predictions mapped to the opinions by the logistic
function of VQEG, as in the trainer's result. RMSE is that of the predictions as the trainer calibrated them. Both maps
are fitted once and held fixed: the resamples draw mapped predictions. So the noise of the fit itself, of four numbers
from all images, is not in their intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from iqa_tui.results.intervals.cancelling import Observer, Steps
from iqa_tui.results.intervals.correlation import plcc, rmse, srcc
from iqa_tui.results.intervals.kendall import kendall
from iqa_tui.results.intervals.logistic import fitted
from iqa_tui.results.intervals.resampling import Resampling, Task, blocks_of, resampled
from iqa_tui.results.intervals.scores import Floats, Integers, RowScores, RunScores

IMAGE_METRICS = ("srcc", "plcc", "plcc_fitted", "krcc", "rmse")
"""Those that have a value for any set of images. All others are numbers of a run."""

Labels = tuple[tuple[str, ...], bytes]
"""Images by name, and their opinions."""


@dataclass(frozen=True, slots=True, eq=False)
class ImageSet:
    """Test images that some runs share, by name, and what is drawn of them."""

    names: tuple[str, ...]
    mos: Floats
    units: Integers
    """(N,) number from 0 on of the image, or of its reference image."""

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
    """Id of a row to its runs. Labels of the demo are no opinions, so its runs are not resampled.

    Raises:
        Cancelled: asked to stop.
    """
    sets = _image_sets(rows)
    drawing = [metric for metric in metrics if metric in _VALUES]
    tested = [[run for row in rows if not row.is_demo for run in row.runs if _labels(run) == each] for each in sets]
    blocks = [blocks_of(len(images.names), resampling) for images in sets.values()]
    tasks = sum(len(runs) * each for runs, each in zip(tested, blocks, strict=True)) * max(len(drawing), 1)
    steps = Steps(observer, tasks + sum(len(row.runs) for row in rows))
    measured: dict[str, list[MeasuredRun]] = {}
    for row in rows:
        measured[row.id] = [_measured(run, sets, metrics, steps) for run in row.runs]
    runs = [run for row in rows if not row.is_demo for run in measured[row.id]]
    for images in sets.values():
        if images.unit_count > 1:
            _resample(images, [run for run in runs if run.images is images], resampling, steps)
    observer.on_progress(1.0)
    return measured


def _labels(run: RunScores) -> Labels:
    order = _by_name(run)
    return tuple(run.images[place] for place in order), run.mos[order].tobytes()


def _by_name(run: RunScores) -> Integers:
    """(N,) where the images stand in the run, in the order of their names."""
    return np.array(sorted(range(len(run.images)), key=run.images.__getitem__), dtype=np.intp)


def _image_sets(rows: Sequence[RowScores]) -> dict[Labels, ImageSet]:
    """Runs with the same images and opinions share a set. Its reference images are those of any run that names them."""
    sets: dict[Labels, ImageSet] = {}
    with_groups: set[Labels] = set()
    for run in (run for row in rows for run in row.runs if run.images):
        labels = _labels(run)
        if labels in with_groups or (labels in sets and not run.groups):
            continue
        order = _by_name(run)
        drawn = np.array([run.groups[place] for place in order] if run.groups else labels[0])
        units = np.asarray(np.unique(drawn, return_inverse=True)[1], dtype=np.intp)
        sets[labels] = ImageSet(labels[0], run.mos[order], units)
        with_groups |= {labels} if run.groups else set()
    return sets


def _measured(run: RunScores, sets: Mapping[Labels, ImageSet], metrics: Sequence[str], steps: Steps) -> MeasuredRun:
    measured = MeasuredRun(run, sets[_labels(run)] if run.images else None)
    measured.values.update({name: value for name, value in run.numbers.items() if np.isfinite(value)})
    if measured.images is None:
        return measured
    order = _by_name(run)
    for metric in metrics:
        if metric == "krcc":
            found = kendall(run.predictions[order], measured.images.mos, measured.images.units, steps)
            measured.values[metric] = found.value
            if found.without is not None:
                measured.moves[metric] = found.without
        elif metric in _VALUES and (pred := _mapped(run, metric)) is not None:
            measured.preds[metric] = pred[order]
            measured.values[metric] = _VALUES[metric](pred[order], measured.images.mos)
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
    found = resampled(images.mos, images.units, tasks, resampling, steps)
    for (run, metric), moves in zip(wanted, found, strict=True):
        run.moves[metric] = moves
