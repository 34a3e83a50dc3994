"""What the seeds of a row say of each test image, and on which images two rows disagree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from iqa_tui.results.images.values import ImagePair, RowImage, RowImages
from iqa_tui.results.intervals.correlation import mid_ranks
from iqa_tui.results.intervals.logistic import fitted
from iqa_tui.results.intervals.scores import Floats, Integers, RowScores, RunScores

CURVE_POINTS = 200


def seeds_of(row: RowScores) -> tuple[int, ...]:
    """Those whose scores of single images can be read."""
    return tuple(run.seed for run in row.runs if run.images)


def images_of(row: RowScores, seed: int | None = None) -> RowImages:
    """The images that all seeds have in common, with the same opinion.

    A loss may fix no scale, so each seed's predictions are mapped onto the scale of the opinions by a logistic fit of
    their own before they are averaged.

    Args:
        seed: look at this one alone; None: at the mean over all.
    """
    runs = [run for run in row.runs if run.images and seed in (None, run.seed)]
    if not runs:
        return RowImages(row.id, problem=_why_none(row))
    names = _in_common(runs)
    if not names:
        return RowImages(row.id, problem="its seeds have no test image in common")
    order = [_order(run, names) for run in runs]
    mos = runs[0].mos[order[0]]
    raw = [run.predictions[places] for run, places in zip(runs, order, strict=True)]
    mapped = [_mapped(pred, mos) for pred in raw]
    pred = np.mean([each if each is not None else one for each, one in zip(mapped, raw, strict=True)], axis=0)
    drawn = raw[0] if len(runs) == 1 else pred
    columns = zip(names, mos, pred, drawn, np.transpose(raw), _places(mos), _places(drawn), strict=True)
    images = tuple(
        RowImage(name, float(opinion), float(one), float(shown), tuple(map(float, each)), int(place), int(its))
        for name, opinion, one, shown, each, place, its in columns
    )
    return RowImages(row.id, tuple(run.seed for run in runs), images, _curve(drawn, mos))


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
    return [ImagePair(*pair) for pair in zip(*(_placed_anew([pair[k] for pair in pairs]) for k in (0, 1)), strict=True)]


def _placed_anew(images: Sequence[RowImage]) -> list[RowImage]:
    mos, drawn = (np.array([getattr(image, name) for image in images]) for name in ("mos", "drawn"))
    return [
        RowImage(image.name, image.mos, image.pred, image.drawn, image.preds, int(place), int(its))
        for image, place, its in zip(images, _places(mos), _places(drawn), strict=True)
    ]


def _why_none(row: RowScores) -> str:
    problems = [run.problem for run in row.runs if run.problem]
    if problems:
        return problems[0]
    return "it has no scores of single images: it was measured elsewhere" if row.recorded else "it has no result yet"


def _in_common(runs: Sequence[RunScores]) -> list[str]:
    first, *others = [dict(zip(run.images, run.mos.tolist(), strict=True)) for run in runs]
    return [name for name, mos in first.items() if all(other.get(name) == mos for other in others)]


def _order(run: RunScores, names: Sequence[str]) -> Integers:
    places = {name: place for place, name in enumerate(run.images)}
    return np.array([places[name] for name in names], dtype=np.intp)


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
