"""What each figure shows, as numbers, and in words for those that do not see it. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from iqa_tui.results.findings.answers import is_shown
from iqa_tui.results.findings.wording import difference_words, estimate_words
from iqa_tui.results.paper.content import Content, PaperRow
from iqa_tui.results.paper.looks import Look, look_of
from iqa_tui.results.statistics import mean_and_sd
from iqa_tui.results.tuning import tuning_points
from iqa_tui.words.durations import hours_words
from iqa_tui.words.repetitions import repetition_words
from iqa_tui.words.values import value_words


@dataclass(frozen=True, slots=True)
class Bar:
    """A difference with its interval."""

    look: Look
    value: float
    low: float | None
    high: float | None
    is_shown: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """Validation SRCC of a row by epoch, up to the last epoch that all of its runs reached."""

    look: Look
    epochs: tuple[int, ...]
    means: tuple[float, ...]
    sds: tuple[float, ...] | None
    """None for one run."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Predictions of one run and the opinions, with the fit."""

    look: Look
    run: str
    repetition: str
    """`seed 1`, `split 3 seed 1`."""
    predictions: tuple[float, ...]
    mos: tuple[float, ...]
    fits: tuple[tuple[tuple[float, float], ...], ...]
    """(prediction, fitted opinion) from left to right, of each data set by itself; without those of which no fit was
    found.
    """
    srcc: float | None
    has_scale: bool = True
    """False: the loss leaves the scale of predictions free, so they are drawn on one of their own."""
    sets: tuple[str, ...] = ()
    """The data sets of the run if it has several, each on a scale from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Price:
    """Hours a run and the score."""

    look: Look
    hours: float
    place: float
    """On the axis of hours; beside it, if another row took equally long."""
    srcc: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Tried:
    """Validation SRCC of a row by the value of the flag that was tuned."""

    look: Look
    values: tuple[float, ...]
    """Those that have a score, in rising order."""
    srccs: tuple[float, ...]
    chosen: tuple[float, float] | None
    """Value and SRCC; None if the chosen value has no score."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure: what it shows, without the parts that could be drawn of nothing."""

    name: str
    """Of its files."""
    title: str
    told: str
    """The numbers in words: the text for those that do not see it."""
    parts: Sequence[Bar] | Sequence[Curve] | Sequence[Panel] | Sequence[Price] | Sequence[Tried]
    width_inches: float
    baseline: str = ""
    flag: str = ""
    """That was tuned."""


COLUMN, PAGE = 3.3, 6.9
"""Widths of one column and of both, in inches."""


def figures_of(content: Content) -> tuple[Shown, ...]:
    """Those that have something to show."""
    found = (_differences(content), _curves(content), _predictions(content), _cost(content), _tuning(content))
    return tuple(each for each in found if each.parts)


def _differences(content: Content) -> Shown:
    bars, told = [], []
    for row in content.rows:
        found = content.difference(row, "srcc")
        if found is None or found.value is None or (row.row.recorded and not row.runs):
            continue
        bars.append(Bar(look_of(row), found.value, found.low, found.high, is_shown(found)))
        told.append(f"{row.id} {difference_words(found)}, {'shown' if is_shown(found) else 'not shown'}")
    baseline = content.findings.baseline
    title = f"Difference to {baseline} in test SRCC" + (
        " with 95% intervals" if any(bar.low is not None for bar in bars) else ""
    )
    return Shown("differences", title, "; ".join(told), bars, COLUMN, baseline)


def _curves(content: Content) -> Shown:
    curves, told = [], []
    for row in content.rows:
        known = [dict(run.validation) for run in row.runs if run.validation]
        epochs = sorted(set.intersection(*(set(each) for each in known))) if known else []
        if not epochs:
            continue
        spread = [mean_and_sd(each[epoch] for each in known) for epoch in epochs]
        means = tuple(mean for mean, _ in spread if mean is not None)
        sds = tuple(sd for _, sd in spread if sd is not None)
        curves.append(Curve(look_of(row), tuple(epochs), means, sds if len(sds) == len(means) else None))
        told.append(f"{row.id} {means[0]:.4f} after epoch {epochs[0]}, {means[-1]:.4f} after epoch {epochs[-1]}")
    over = "splits" if content.has_medians else "seeds"
    over = "splits and seeds" if content.has_medians and len(content.table.seeds) > 1 else over
    band = f" (mean over the {over}, band of ± SD)" if any(curve.sds for curve in curves) else ""
    return Shown("validation", f"Validation SRCC by epoch{band}", "; ".join(told), curves, COLUMN)


def _predictions(content: Content) -> Shown:
    panels = [panel for row in content.rows if (panel := _panel(row)) is not None]
    told = "; ".join(
        f"{panel.run}: {len(panel.mos):,} images"
        + (f", SRCC {panel.srcc:.4f}" if panel.srcc is not None else "")
        + ("" if len(panel.fits) == max(1, len(panel.sets)) else _without_fit(panel))
        for panel in panels
    )
    title = "Opinion and prediction of each test image, and the logistic fit"
    if any(panel.sets for panel in panels):
        title += " of each data set, whose opinions are brought to a scale from 0 to 1"
    return Shown("predictions", title, told, panels, COLUMN if len(panels) == 1 else PAGE)


def _without_fit(panel: Panel) -> str:
    return ", no logistic fit was found" + (" for some of its data sets" if panel.fits else "")


def _panel(row: PaperRow) -> Panel | None:
    from iqa_tui.results.intervals.logistic import fitted  # noqa: PLC0415  late: it loads scipy

    run = next(iter(islice((each for each in row.runs if each.scores.images), 1)), None)
    if run is None:
        return None
    predictions, mos = run.scores.predictions, run.scores.mos
    parts = run.scores.parts
    fits, begin = [], 0
    for count in [len(part.images) for part in parts] or [len(mos)]:
        own = predictions[begin : begin + count]
        mapped = fitted(own, mos[begin : begin + count])
        if mapped is not own:
            fits.append(zip(own.tolist(), mapped.tolist(), strict=True))
        begin += count
    srcc = run.result.metrics.get("test", {}).get("srcc")
    has_scale = run.scores.calibrated is not None and run.result.calibration is None
    repetition = repetition_words(run.spec.seed, run.spec.split)
    return Panel(
        look_of(row),
        run.name,
        repetition,
        tuple(predictions.tolist()),
        tuple(mos.tolist()),
        tuple(tuple(sorted(each)) for each in fits),
        srcc,
        has_scale,
        tuple(part.part_of for part in parts),
    )


def _cost(content: Content) -> Shown:
    known = [
        (row, row.row.hours, estimate, estimate.value)
        for row in content.rows
        if (estimate := content.estimate(row, "srcc")).value is not None
        and row.row.hours is not None
        and not row.row.recorded
    ]
    places = beside_each_other([hours for _, hours, _, _ in known])
    prices = [
        Price(look_of(row), hours, place, value, estimate.low, estimate.high)
        for (row, hours, estimate, value), place in zip(known, places, strict=True)
    ]
    told = [f"{row.id} {hours_words(hours)}, {estimate_words(estimate)}" for row, hours, estimate, _ in known]
    ends = " with 95% intervals" if any(price.low is not None for price in prices) else ""
    moved = any(price.place != price.hours for price in prices)
    beside = "; rows that take equally long stand side by side" if moved else ""
    return Shown("cost", f"Test SRCC{ends} against the time of a run{beside}", "; ".join(told), prices, COLUMN)


def beside_each_other(hours: Sequence[float]) -> list[float]:
    """Places on the axis: rows that take equally long stand side by side, so that each interval can be seen."""
    if not hours:
        return []
    step = 0.025 * (max(hours) - min(hours) or max(hours) or 1.0)
    placed: list[float] = []
    for value in hours:
        place = value
        while any(abs(place - other) < 0.99 * step for other in placed):
            place += step
        placed.append(place)
    return placed


def _tuning(content: Content) -> Shown:
    """Nothing if several flags were tuned, or one that is no number: no line says how they change a score."""
    tunings = {each.id: each.tuning for each in content.findings.tunings}
    flags = {flag for tuning in tunings.values() for flag in tuning.grid}
    flag = next(iter(flags)) if len(flags) == 1 else ""
    curves, told = [], []
    for row in content.rows:
        tuning = tunings.get(row.id)
        points = tuning_points(tuning, flag) if tuning is not None and flag else []
        if tuning is None or not points:
            continue
        chosen = next((point for point in points if point[0] == tuning.choice.get(flag)), None)
        curves.append(Tried(look_of(row), tuple(x for x, _ in points), tuple(y for _, y in points), chosen))
        told.append(f"{row.id} {', '.join(f'{value_words(x)}: {y:.4f}' for x, y in points)}; {tuning.words}")
    title = f"Validation SRCC by {flag}, of runs that tune it; the chosen value is filled"
    return Shown("tuning", title, "; ".join(told), curves, COLUMN, flag=flag)
