"""What the runs of a row say of each test image, and on which images two rows disagree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from iqa_tui.results.images.values import ImagePair, RowImage, RowImages
from iqa_tui.results.images.views import RunKey
from iqa_tui.results.intervals.correlation import mid_ranks
from iqa_tui.results.intervals.logistic import fitted
from iqa_tui.results.intervals.scores import Floats, Integers, RowScores, RunScores

CURVE_POINTS = 200


def runs_of(row: RowScores) -> tuple[RunKey, ...]:
    """Those whose scores of single images can be read."""
    return tuple((run.split, run.seed) for run in row.runs if run.images)


def images_of(row: RowScores, only: RunKey | None = None) -> RowImages:
    """The images that all seeds have in common, with the same opinion; of several random splits all that are tested in
    any of them.

    A loss may fix no scale, so each run's predictions are mapped onto the scale of the opinions by a logistic fit of
    their own before they are averaged. Of runs on several data sets each has its own fit and its own places, and no
    curve is drawn through all.

    Args:
        only: look at this run alone; None: at the mean over all.
    """
    runs = [run for run in row.runs if run.images and only in (None, (run.split, run.seed))]
    if not runs:
        return RowImages(row.id, problem=_why_none(row))
    is_split = len({run.split for run in row.runs}) > 1
    opinions = _in_any(runs) if is_split else _in_common(runs)
    names, mos = list(opinions), np.array(list(opinions.values()))
    if not names:
        return RowImages(row.id, problem="its seeds have no test image in common")
    raw = [_placed(run.images, run.predictions, names) for run in runs]
    part_of = {f"{part.part_of}/{name}": part.part_of for run in runs for part in run.parts for name in part.images}
    parts = [part_of.get(name, "") for name in names]
    fits = [_on_scales(pred, mos, parts) for pred in raw]
    known = [None if run.calibrated is None else _placed(run.images, run.calibrated, names) for run in runs]
    mapped = [
        next(each for each in (fit, own, pred) if each is not None)
        for fit, own, pred in zip(fits, known, raw, strict=True)
    ]
    has_scale = not any(fit is None and own is None for fit, own in zip(fits, known, strict=True))
    pred = np.nanmean(mapped, axis=0)
    drawn = raw[0] if len(runs) == 1 else pred
    columns = zip(names, mos.tolist(), pred.tolist(), drawn.tolist(), np.transpose(raw).tolist(), parts, strict=True)
    images = _with_places(
        [RowImage(name, own, one, shown, tuple(each), 0, 0, part) for name, own, one, shown, each, part in columns]
    )
    curve = () if any(parts) else _curve(drawn, mos)
    splits = tuple(int(run.split or 0) for run in runs) if is_split else ()
    return RowImages(row.id, tuple(run.seed for run in runs), images, curve, "", has_scale, splits)


def disagreements(one: RowImages, other: RowImages) -> list[ImagePair]:
    """Both rows' scores of the images that both have, with places among those."""
    by_name = {image.name: image for image in other.images}
    pairs = [
        (image, by_name[image.name])
        for image in one.images
        if image.name in by_name and by_name[image.name].mos == image.mos
    ]
    if len(pairs) in (0, len(one.images)) and len(one.images) == len(other.images):
        return [ImagePair(*pair) for pair in pairs]
    return [ImagePair(*pair) for pair in zip(*(_with_places([pair[k] for pair in pairs]) for k in (0, 1)), strict=True)]


def _with_places(images: Sequence[RowImage]) -> tuple[RowImage, ...]:
    """With their places among those of their data set."""
    placed = list(images)
    for part in dict.fromkeys(image.part for image in images):
        own = [number for number, image in enumerate(images) if image.part == part]
        mos, drawn = (np.array([getattr(images[number], name) for number in own]) for name in ("mos", "drawn"))
        for number, place, its in zip(own, _places(mos), _places(drawn), strict=True):
            placed[number] = replace(images[number], mos_place=int(place), pred_place=int(its), count=len(own))
    return tuple(placed)


def _why_none(row: RowScores) -> str:
    problems = [run.problem for run in row.runs if run.problem]
    if problems:
        return problems[0]
    return "it has no scores of single images: it was measured elsewhere" if row.recorded else "it has no result yet"


def _in_common(runs: Sequence[RunScores]) -> dict[str, float]:
    """Image to opinion."""
    first, *others = [dict(zip(run.images, run.mos.tolist(), strict=True)) for run in runs]
    return {name: mos for name, mos in first.items() if all(other.get(name) == mos for other in others)}


def _in_any(runs: Sequence[RunScores]) -> dict[str, float]:
    """Image to opinion, without those of which runs have different opinions."""
    found: dict[str, set[float]] = {}
    for run in runs:
        for name, mos in zip(run.images, run.mos.tolist(), strict=True):
            found.setdefault(name, set()).add(mos)
    return {name: opinions.pop() for name, opinions in found.items() if len(opinions) == 1}


def _placed(images: Sequence[str], predictions: Floats, names: Sequence[str]) -> Floats:
    """The predictions for these names; NaN for one that the run did not test."""
    own = dict(zip(images, predictions.tolist(), strict=True))
    return np.array([own.get(name, np.nan) for name in names])


def _on_scales(pred: Floats, mos: Floats, parts: Sequence[str]) -> Floats | None:
    """As `_on_scale`, for each data set by itself; None if one of them has no fit."""
    values = pred.copy()
    for part in dict.fromkeys(parts):
        own = np.array([each == part for each in parts])
        mapped = _on_scale(pred[own], mos[own])
        if mapped is None:
            return None
        values[own] = mapped
    return values


def _on_scale(pred: Floats, mos: Floats) -> Floats | None:
    """Those that are there on the scale of the opinions; None if there is no fit."""
    there = ~np.isnan(pred)
    mapped = _mapped(pred[there], mos[there])
    if mapped is None:
        return None
    values = pred.copy()
    values[there] = mapped
    return values


def _mapped(pred: Floats, mos: Floats) -> Floats | None:
    """On the scale of the opinions; None if there is no fit that grows with the prediction."""
    values = fitted(pred, mos)
    lowest, highest = values[pred.argmin()], values[pred.argmax()]
    return values if values is not pred and highest > lowest else None


def _curve(drawn: Floats, mos: Floats) -> tuple[tuple[float, float], ...]:
    values = _mapped(drawn, mos)
    if values is None:
        return ()
    order = np.argsort(drawn, kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(CURVE_POINTS, len(order))).round().astype(np.intp))]
    return tuple(zip(values[chosen].tolist(), drawn[chosen].tolist(), strict=True))


def _places(values: Floats) -> Integers:
    """1 for the highest; equal values share the mean of their places, rounded down."""
    return np.asarray(np.floor(mid_ranks(-values)), dtype=np.intp)
