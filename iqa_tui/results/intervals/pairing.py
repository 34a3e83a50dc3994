"""Which runs of two rows are compared with each other, and what is uncertain about the result.

A side is one row, or several rows whose mean is compared. Runs are paired by split and seed; images by name.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from iqa_tui.results.intervals.measuring import IMAGE_METRICS, ImageSet, MeasuredRun
from iqa_tui.results.intervals.scores import Floats
from iqa_tui.results.intervals.student import Part

ROUNDING = 1e-12
"""Standard errors and differences below this, against the size of the values, are 0 but for rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """What one pair (split, seed) says of a metric: a value of a row, or a difference between rows."""

    value: float
    images: ImageSet | None
    """None for a number of a run, and if rows were tested on different images."""
    moves: Floats | None
    """(resamples,) the value in each resample, or (units,) without each unit; None: not known."""
    test_share: float | None = None
    """Test images for one training image; None: not known."""


Cells = Mapping[tuple[str, int], Cell]
"""(split, seed) to cell."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The two parts of the noise of a mean over cells."""

    value: float
    images: Part | None = None
    """None: not known, or not asked for."""
    seeds: tuple[Part, ...] = ()
    """One part for paired seeds, one a row for seeds that are not paired; () for one seed."""
    scale: float = 0.0
    """The largest of the values that the mean is of."""
    sd: float | None = None
    """Sample SD of those values; None for one."""
    splits: int = 1
    """How many random splits the mean is over."""
    test_share: float | None = None
    """Test images for one training image, if there are several splits; None: not known."""

    @property
    def parts(self) -> tuple[Part, ...]:
        return (*([self.images] if self.images else []), *self.seeds)


def cells_of(runs: Sequence[MeasuredRun], metric: str) -> dict[tuple[str, int], Cell]:
    """Those runs in which the metric is defined."""
    cells = {}
    for run in runs:
        value = run.values.get(metric)
        if value is not None:
            trained_on = run.scores.train_images
            share = len(run.scores.images) / trained_on if trained_on else None
            images = run.images if metric in IMAGE_METRICS else None
            cells[run.key] = Cell(value, images, run.moves.get(metric), share)
    return cells


def mean_of(rows: Sequence[Cells]) -> dict[tuple[str, int], Cell]:
    """The mean of several rows, for each (split, seed) that all of them have."""
    if len(rows) == 1:
        return dict(rows[0])
    shared = set(rows[0]).intersection(*rows[1:])
    return {key: _combined([row[key] for row in rows], [1 / len(rows)] * len(rows)) for key in sorted(shared)}


def differences(a: Cells, b: Cells) -> dict[tuple[str, int], Cell]:
    """Those of a minus those of b, for each (split, seed) that both have."""
    return {key: _combined([a[key], b[key]], [1.0, -1.0]) for key in sorted(a) if key in b}


def _combined(cells: Sequence[Cell], weights: Sequence[float]) -> Cell:
    images = cells[0].images if all(cell.images is cells[0].images for cell in cells) else None
    known = [cell.moves for cell in cells if cell.moves is not None]
    moves = None
    if images is not None and len(known) == len(cells):
        moves = np.asarray(sum(weight * move for weight, move in zip(weights, known, strict=True)))
    value = sum(weight * cell.value for weight, cell in zip(weights, cells, strict=True))
    return Cell(float(value), images, moves, cells[0].test_share)


def splits_of(cells: Cells) -> list[str]:
    return sorted({split for split, _ in cells})


def noise_of(cells: Cells, metric: str) -> Noise:
    """Of the mean over the cells of one split, all tested on the same images."""
    values = np.array([cells[key].value for key in sorted(cells)])
    noise = Noise(float(values.mean()), scale=float(np.abs(values).max()))
    if len(values) > 1:
        part = Part(float(values.var(ddof=1)) / len(values), len(values) - 1)
        noise = replace(noise, seeds=(part,), sd=float(values.std(ddof=1)))
    return replace(noise, images=image_part([cells[key] for key in sorted(cells)], metric))


def image_part(cells: Sequence[Cell], metric: str) -> Part | None:
    """How much the mean of the cells moves with the images; None: not known."""
    mean = _combined(cells, [1 / len(cells)] * len(cells))
    return _variance(mean, metric)


def unpaired(a: Cells, b: Cells, metric: str) -> Noise:
    """Of the mean of one side minus that of the other, which share no seed: only the images are paired."""
    own, other = noise_of(a, metric), noise_of(b, metric)
    is_known = bool(own.seeds and other.seeds)
    means = [_combined(list(side.values()), [1 / len(side)] * len(side)) for side in (a, b)]
    return Noise(
        own.value - other.value,
        _variance(_combined(means, [1.0, -1.0]), metric),
        (*own.seeds, *other.seeds) if is_known else (),
        max(own.scale, other.scale),
    )


def _variance(cell: Cell, metric: str) -> Part | None:
    if cell.images is None or cell.moves is None:
        return None
    moves = cell.moves[np.isfinite(cell.moves)]
    df = cell.images.unit_count - 1
    if len(moves) < 2 or df < 1:
        return None
    if metric == "krcc":
        return Part(float(((moves - moves.mean()) ** 2).sum() * (len(moves) - 1) / len(moves)), df)
    return Part(float(moves.var(ddof=1)), df)


def over_splits(cells: Cells) -> Noise:
    """Of the mean over several random splits, after Nadeau and Bengio; seeds of a split count once, by their mean.

    The training sets of random splits overlap, so their scores are not independent: the variance over J splits counts
    1/J + n_test/n_train times.

    Returns:
        Without parts if a run does not tell how many images it was trained on.
    """
    by_split: dict[str, list[Cell]] = defaultdict(list)
    for (split, _), cell in sorted(cells.items()):
        by_split[split].append(cell)
    means = np.array([np.mean([cell.value for cell in of_split]) for of_split in by_split.values()])
    scale, sd = float(np.abs(means).max()), float(means.std(ddof=1))
    noise = Noise(float(means.mean()), scale=scale, sd=sd, splits=len(means))
    ratios = [cell.test_share for cell in cells.values() if cell.test_share is not None]
    if len(ratios) < len(cells):
        return noise
    test_share = float(np.mean(ratios))
    part = Part(float(means.var(ddof=1)) * (1 / len(means) + test_share), len(means) - 1)
    return replace(noise, seeds=(part,), test_share=test_share)
