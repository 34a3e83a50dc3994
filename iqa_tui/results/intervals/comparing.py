"""One metric of a row, and one difference between rows, in numbers and in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from iqa_tui.results.intervals.correlation import is_constant
from iqa_tui.results.intervals.estimates import IDENTICAL, NO_VARIATION, ONE_SEED, Difference, Estimate
from iqa_tui.results.intervals.measuring import IMAGE_METRICS, MeasuredRun
from iqa_tui.results.intervals.pairing import (
    ROUNDING,
    Cell,
    Cells,
    Noise,
    cells_of,
    differences,
    mean_of,
    noise_of,
    over_splits,
    splits_of,
    unpaired,
)
from iqa_tui.results.intervals.scores import RowScores, RunScores
from iqa_tui.results.intervals.student import detectable, together, two_sided_p
from iqa_tui.words.repetitions import seeds_words

DEMO = "demo labels are not human opinions: no interval"
RECORDED = "recorded: no scores by image, so no interval"
OTHER_IMAGES = "tested on other images: no interval"
OTHER_SPLITS = "other random splits: no interval"
ONE_RUN = "one seed: no spread is known, so no interval"
ELSEWHERE = "one of the two networks was trained elsewhere: not paired by seed"
NOT_PAIRED = "no shared seed: not paired by seed"
UNKNOWN_TRAINING_SET = "several random splits, and a run does not tell how many images it was trained on: no interval"
NO_IMAGE_PART = "how it moves with the images is not known (too few, or too many for KRCC): no interval"
NOT_CALIBRATED = "its loss fixes no scale"
SCALES_DIFFER = "errors on several scales have no mean; see those on each data set"

Row = tuple[RowScores, Sequence[MeasuredRun]]


@dataclass(frozen=True, slots=True)
class _Judged:
    """Value and standard errors, before they become an interval."""

    value: float
    se: float | None
    se_images: float | None
    se_seeds: float | None
    df: float | None
    notes: tuple[str, ...]
    noise: Noise
    """That it comes from."""


def estimated(row: RowScores, runs: Sequence[MeasuredRun], metric: str) -> Estimate:
    """A metric of one row, with its interval."""
    cells = cells_of(runs, metric)
    if not cells:
        value = row.recorded.get(metric) if not row.runs else None
        return Estimate(row.id, metric, value, note=RECORDED if value is not None else _why_none(runs, metric))
    seeds = tuple(sorted({seed for _, seed in cells}))
    images, units = _sizes(cells)
    blocked = "; ".join(_no_interval([(row, runs)], metric))
    judged = _judged(cells, metric, blocked)
    notes = [*judged.notes, *_left_out(row, runs, metric)]
    found = Estimate(row.id, metric, judged.value, judged.se, judged.se_images, judged.se_seeds, judged.df)
    low, high = found.interval() or (None, None)
    if judged.se == 0:
        notes.insert(0, NO_VARIATION)
    return replace(
        found, low=low, high=high, seeds=seeds, images=images, units=units, note="; ".join(notes),
        sd=judged.noise.sd, splits=judged.noise.splits, test_share=judged.noise.test_share,
    )  # fmt: skip


def compared(a: Sequence[Row], b: Sequence[Row], metric: str) -> Difference:
    """The mean of some rows minus the mean of others."""
    ids = ["+".join(row.id for row, _ in side) for side in (a, b)]
    blank = Difference(ids[0], ids[1], metric, None)
    sides = [mean_of([cells_of(runs, metric) for _, runs in side]) for side in (a, b)]
    blocked = "; ".join([*_no_comparison([row for row, _ in (*a, *b)]), *_no_interval((*a, *b), metric)])
    if not (sides[0] and sides[1]):
        return _without_runs(blank, a, b, blocked)
    if any(row.is_elsewhere for row, _ in (*a, *b)):
        judged, seeds = _unpaired(sides[0], sides[1], metric, blocked)
        judged = replace(judged, notes=(ELSEWHERE, *judged.notes[1:]))
    else:
        judged, seeds = _difference(sides[0], sides[1], metric, blocked)
    notes = [*judged.notes, *(() if ELSEWHERE in judged.notes else _unshared(sides, ids))]
    notes += [each for row, runs in (*a, *b) for each in _left_out(row, runs, metric)]
    if judged.se == 0:
        notes.insert(0, IDENTICAL if judged.value == 0 else NO_VARIATION)
    images, units = _sizes(sides[0])
    found = Difference(
        ids[0], ids[1], metric, judged.value, judged.se, judged.se_images, judged.se_seeds, judged.df,
        seeds=seeds, images=images, units=units, note="; ".join(notes),
        splits=judged.noise.splits, test_share=judged.noise.test_share,
    )  # fmt: skip
    low, high = found.interval() or (None, None)
    if not judged.se or judged.df is None:
        return replace(found, low=low, high=high)
    p = two_sided_p(judged.value, judged.se, judged.df)
    return replace(found, low=low, high=high, p=p, min_detectable=detectable(judged.se, judged.df))


def _without_runs(blank: Difference, a: Sequence[Row], b: Sequence[Row], blocked: str) -> Difference:
    """If one side has no run with a value: it is recorded, or there is nothing to compare."""
    metric = blank.metric
    found = [[estimated(row, runs, metric) for row, runs in side] for side in (a, b)]
    lacking = [each for side in found for each in side if each.value is None]
    if lacking:
        return replace(blank, note="; ".join(dict.fromkeys(f"{each.id}: {each.note}" for each in lacking)))
    means = [float(np.mean([each.value for each in side])) for side in found]
    return replace(blank, value=means[0] - means[1], note=blocked or "no seed that all rows have: no interval")


def _difference(a: Cells, b: Cells, metric: str, blocked: str) -> tuple[_Judged, tuple[int, ...]]:
    pairs = differences(a, b)
    if pairs:
        scale = max(abs(cell.value) for cell in (*a.values(), *b.values()))
        return _judged(pairs, metric, blocked, scale), tuple(sorted({seed for _, seed in pairs}))
    return _unpaired(a, b, metric, blocked)


def _unpaired(a: Cells, b: Cells, metric: str, blocked: str) -> tuple[_Judged, tuple[int, ...]]:
    """Only the images are paired."""
    several = len({*splits_of(a), *splits_of(b)}) > 1
    blocked = blocked or (OTHER_SPLITS if several else _images_differ([*a.values(), *b.values()], metric))
    judged = _combined(unpaired(a, b, metric), metric, blocked)
    seeds = tuple(sorted({seed for _, seed in (*a, *b)}))
    return replace(judged, notes=(NOT_PAIRED, *judged.notes)), seeds


def _judged(cells: Cells, metric: str, blocked: str, scale: float = 0.0) -> _Judged:
    """A mean over cells, of one split or of several random ones."""
    splits = splits_of(cells)
    if len(splits) == 1:
        noise = noise_of(cells, metric)
        blocked = blocked or _images_differ(list(cells.values()), metric)
        return _combined(replace(noise, scale=max(scale, noise.scale)), metric, blocked)
    if metric in IMAGE_METRICS and not blocked and any(cell.images is None for cell in cells.values()):
        blocked = OTHER_IMAGES
    noise = over_splits(cells)
    blocked = blocked or ("" if noise.seeds else UNKNOWN_TRAINING_SET)
    judged = _combined(replace(noise, scale=max(scale, noise.scale)), "", blocked)
    return replace(judged, notes=(f"{len(splits)} random splits", *judged.notes))


def _combined(noise: Noise, metric: str, blocked: str) -> _Judged:
    """The parts together.

    Args:
        noise: what is known.
        metric: if it is one of images, the part of the images is needed.
        blocked: why there is no interval; empty: there may be one.
    """
    floor = ROUNDING * noise.scale
    value = noise.value if abs(noise.value) > floor else 0.0
    if not blocked and metric in IMAGE_METRICS and noise.images is None:
        blocked = NO_IMAGE_PART
    if not blocked and not noise.parts:
        blocked = ONE_RUN
    if blocked:
        return _Judged(value, None, None, None, None, (blocked,), noise)
    images, *seeds = [
        part and (part if part.variance > floor**2 else replace(part, variance=0.0))
        for part in (noise.images, *noise.seeds)
    ]
    known = [part for part in (images, *seeds) if part is not None]
    se, df = together(known)
    return _Judged(
        value,
        se,
        math.sqrt(images.variance) if images is not None else None,
        math.sqrt(math.fsum(part.variance for part in seeds if part is not None)) if seeds else None,
        df,
        () if seeds else (ONE_SEED,),
        noise,
    )


def _images_differ(cells: Sequence[Cell], metric: str) -> str:
    """Why the image parts of these cells cannot be taken together; empty if they can."""
    together_on = {id(cell.images) for cell in cells}
    unknown = any(cell.images is None for cell in cells)
    return OTHER_IMAGES if metric in IMAGE_METRICS and (unknown or len(together_on) > 1) else ""


def _no_comparison(rows: Sequence[RowScores]) -> list[str]:
    """Why a difference between these rows has no interval; empty if it may have one."""
    protocols = list(dict.fromkeys(row.protocol or "unknown" for row in rows))
    datasets = list(dict.fromkeys(row.dataset for row in rows if row.dataset))
    reasons = []
    if any(not row.runs and row.recorded for row in rows):
        reasons.append(RECORDED)
    if len(protocols) > 1:
        reasons.append(f"across protocols ({' − '.join(protocols)}): no interval")
    if len(datasets) > 1:
        reasons.append(f"across data sets ({' − '.join(datasets)}): no interval")
    return reasons


def _no_interval(rows: Sequence[Row], metric: str) -> list[str]:
    """Why nothing that rests on these rows has an interval; empty if it may have one."""
    if metric not in IMAGE_METRICS:
        return []
    reasons = [DEMO] if any(row.is_demo for row, _ in rows) else []
    return reasons + [
        f"{row.id}, {_runs_words([run.key])}: {run.scores.problem or 'no scores by image'}: no interval"
        for row, runs in rows
        for run in runs
        if run.images is None and run.values.get(metric) is not None
    ]


def _sizes(cells: Cells) -> tuple[int, int]:
    """(images, units) of the first cell; 0 if there are none."""
    images = next((cell.images for cell in cells.values() if cell.images is not None), None)
    return (0, 0) if images is None else (len(images.names), images.unit_count)


def _unshared(sides: Sequence[Cells], ids: Sequence[str]) -> list[str]:
    """Which seeds only one side has, if others are shared."""
    if not set(sides[0]) & set(sides[1]):
        return []
    notes = []
    for own, other, name in ((sides[0], sides[1], ids[0]), (sides[1], sides[0], ids[1])):
        if alone := sorted(set(own) - set(other)):
            notes.append(f"{_runs_words(alone)} of {name} alone left out")
    return notes


def _left_out(row: RowScores, runs: Sequence[MeasuredRun], metric: str) -> list[str]:
    """Which runs of the row have no value, and why, if others have one."""
    return [
        f"{row.id}, {_runs_words([run.key])} left out: {_why(run, metric)}"
        for run in runs
        if run.values.get(metric) is None
    ]


def _runs_words(keys: Sequence[tuple[str, int]]) -> str:
    """`seeds 1, 2`; `split 3 seed 1, split 4 seed 1`."""
    if not any(split for split, _ in keys):
        return seeds_words([seed for _, seed in keys])
    return ", ".join(f"split {split or 0} seed {seed}" for split, seed in keys)


def _why_none(runs: Sequence[MeasuredRun], metric: str) -> str:
    return "; ".join(dict.fromkeys(_why(run, metric) for run in runs)) or "not run yet"


def _why(run: MeasuredRun, metric: str) -> str:
    """Why a run has no value of a metric."""
    scores = run.scores
    if metric not in IMAGE_METRICS:
        return f"no {metric}"
    if not scores.images:
        return scores.problem or "no scores"
    if metric == "rmse" and scores.parts:
        return SCALES_DIFFER
    if metric == "rmse" and scores.calibrated is None:
        return NOT_CALIBRATED
    if metric not in run.values:
        return f"{metric} was not measured"
    causes = [f"{words} of {part.part_of}" for part in scores.parts if (words := _why_undefined(part))]
    return f"undefined: {', '.join(causes) or _why_undefined(scores) or 'not finite'}"


def _why_undefined(scores: RunScores) -> str:
    causes = {
        "fewer than two images": len(scores.images) < 2,
        "constant predictions": is_constant(scores.predictions),
        "constant opinions": is_constant(scores.mos),
    }
    return next((words for words, is_so in causes.items() if is_so), "")
