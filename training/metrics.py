"""How well predictions follow opinions: numpy and scipy, no torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

Scores = npt.NDArray[np.float64]
RAW = "so fitted values are raw"
"""End of the note that no fit was found."""
FIT_EVALUATIONS = 2000
"""The fit gives up after this many, so that no set of scores can hang a run."""


def all_metrics(pred: Scores, mos: Scores) -> tuple[dict[str, float | None], list[str]]:
    """SRCC, PLCC, KRCC, RMSE, and PLCC and RMSE after the logistic fit.

    Args:
        pred: (N,) predictions on the scale of `mos`.
        mos: (N,) opinions.

    Returns:
        The metrics, None if undefined (a constant vector, fewer than two images, a number that is not finite, an
        error too large for a float), and notes a reader of the numbers needs.
    """
    names = ("srcc", "plcc", "krcc", "rmse", "plcc_fitted", "rmse_fitted")
    for name, vector in (("predictions", pred), ("opinions", mos)):
        if not np.isfinite(vector).all():
            return dict.fromkeys(names), [f"some {name} are not finite, so there are no metrics"]
    fitted, note = fit_logistic(pred, mos)
    values = (
        srcc(pred, mos),
        plcc(pred, mos),
        krcc(pred, mos),
        rmse(pred, mos),
        plcc(fitted, mos),
        rmse(fitted, mos),
    )
    return dict(zip(names, values, strict=True)), [note] if note else []


def without_scale(metrics: dict[str, float | None], notes: Sequence[str]) -> dict[str, float | None]:
    """The metrics of predictions that lie on no scale: an error of them has no unit, but for one after a fit.

    Args:
        metrics, notes: as `all_metrics` gives them.
    """
    is_raw = any(note.endswith(RAW) for note in notes)
    return {**metrics, "rmse": None, "rmse_fitted": None if is_raw else metrics["rmse_fitted"]}


def srcc(pred: Scores, mos: Scores) -> float | None:
    """Spearman's rank correlation; None if undefined."""
    return _defined(stats.spearmanr, pred, mos)


def plcc(pred: Scores, mos: Scores) -> float | None:
    """Pearson's linear correlation; None if undefined."""
    return _defined(stats.pearsonr, pred, mos)


def krcc(pred: Scores, mos: Scores) -> float | None:
    """Kendall's rank correlation (tau-b); None if undefined."""
    return _defined(stats.kendalltau, pred, mos)


def rmse(pred: Scores, mos: Scores) -> float | None:
    """Root mean squared error on the scale of `mos`; None without images."""
    if len(pred) == 0:
        return None
    with np.errstate(over="ignore"):
        errors = pred - mos
        unit = _power_of_two(errors)
        value = float(np.sqrt(np.mean((errors / unit) ** 2)) * unit)
    return value if np.isfinite(value) else None


def _defined(correlation: Callable[[Scores, Scores], Any], pred: Scores, mos: Scores) -> float | None:
    if len(pred) < 2 or is_constant(pred) or is_constant(mos):
        return None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", stats.ConstantInputWarning)  # nearly constant: the value says enough
        warnings.simplefilter("ignore", stats.NearConstantInputWarning)
        value = float(correlation(pred / _power_of_two(pred), mos / _power_of_two(mos)).statistic)
    return value if np.isfinite(value) else None


def is_constant(values: Scores) -> bool:
    """Whether no two differ; true of none at all."""
    return len(values) == 0 or bool((values == values[0]).all())


def _power_of_two(values: Scores) -> float:
    """About the largest magnitude (at least the smallest normal number). Division by it keeps every digit.

    Products of scores near the ends of what a float holds would otherwise overflow or vanish.
    """
    largest = min(float(np.abs(values).max(initial=0.0)), np.finfo(np.float64).max)
    return float(2.0 ** np.clip(np.frexp(largest)[1], -1020, 1023)) if largest else 1.0


def fit_logistic(pred: Scores, mos: Scores) -> tuple[Scores, str]:
    """Map predictions onto the scale of `mos` by the four-parameter logistic function of VQEG.

        b2 + (b1 − b2) / (1 + exp(−(pred − b3) / b4))

    Returns:
        The mapped predictions and an empty note. If the fit does not converge, as it often does not on scores that lie
        along a straight line, which no logistic function is but very wide ones come near to: mapped by the straight
        line that is nearest to the opinions, and the reason. If no fit is found: unchanged, and the reason.
    """
    try:
        best = fit_logistic_curve(pred, mos)
    except NotConverged as error:
        line = _straight_line(pred, mos)
        return (
            (pred, f"{error}, {RAW}") if line is None else (line, f"{error}, so fitted values are by a straight line")
        )
    except NoFit as error:
        return pred, f"{error}, {RAW}"
    with np.errstate(all="ignore"):
        return logistic(pred, *best), ""


class NoFit(Exception):
    """No logistic function fits; the text says why."""


class NotConverged(NoFit):
    """The fit gave up."""


def fit_logistic_curve(pred: Scores, mos: Scores) -> tuple[float, float, float, float]:
    """(b1, b2, b3, b4) of the function of `fit_logistic`.

    Raises:
        NoFit: too few scores, no convergence, or no slope.
    """
    if len(pred) < 4 or is_constant(pred) or is_constant(mos):
        raise NoFit("no logistic fit: it needs four images or more whose scores differ")
    unit, input_unit = _power_of_two(mos), _power_of_two(pred)
    inputs, targets = pred / input_unit, mos / unit
    start = (targets.max(), targets.min(), inputs.mean(), max(inputs.std(), 1e-12))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", optimize.OptimizeWarning)  # the covariance is not used
        try:
            best, _ = optimize.curve_fit(logistic, inputs, targets, p0=start, maxfev=FIT_EVALUATIONS)
        except (RuntimeError, ValueError):  # too many evaluations; numbers that are not finite on the way
            raise NotConverged(f"the logistic fit did not converge in {FIT_EVALUATIONS} evaluations") from None
        top, bottom, centre, width = (float(value) for value in best * np.array([unit, unit, input_unit, input_unit]))
        mapped = logistic(pred, top, bottom, centre, width)
    if not np.isfinite(mapped).all() or is_constant(mapped):
        raise NoFit("the logistic fit found no slope")
    return top, bottom, centre, width


def _straight_line(pred: Scores, mos: Scores) -> Scores | None:
    """Predictions that vary, mapped by the straight line with the least squares; None if it has no slope."""
    unit, input_unit = _power_of_two(mos), _power_of_two(pred)
    inputs, targets = pred / input_unit, mos / unit
    with np.errstate(all="ignore"):
        centred = inputs - inputs.mean()
        slope = (centred * targets).sum() / (centred**2).sum()
        mapped = unit * (targets.mean() + slope * centred)
    return mapped if np.isfinite(mapped).all() and not is_constant(mapped) else None


def logistic(pred: Scores, top: float, bottom: float, centre: float, width: float) -> Scores:
    """The function of `fit_logistic`: (N,) predictions to (N,) scores."""
    return np.asarray(bottom + (top - bottom) * special.expit((pred - centre) / (width or 1e-12)), dtype=np.float64)
