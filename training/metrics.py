"""How well predictions follow opinions: numpy and scipy, no torch."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

Scores = npt.NDArray[np.float64]
FIT_EVALUATIONS = 2000
"""The fit gives up after this many, so that no set of scores can hang a run."""


def all_metrics(pred: Scores, mos: Scores) -> tuple[dict[str, float | None], list[str]]:
    """SRCC, PLCC, KRCC, RMSE, and PLCC and RMSE after the logistic fit.

    Args:
        pred: (N,) predictions on the scale of `mos`.
        mos: (N,) opinions.

    Returns:
        The metrics, None where undefined (a constant vector, fewer than two images, predictions not finite), and
        notes a reader of the numbers needs.
    """
    names = ("srcc", "plcc", "krcc", "rmse", "plcc_fitted", "rmse_fitted")
    if not np.isfinite(pred).all():
        return dict.fromkeys(names), ["some predictions are not finite, so there are no metrics"]
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


def srcc(pred: Scores, mos: Scores) -> float | None:
    """Spearman's rank correlation; None where undefined."""
    return _defined(pred, mos, lambda: stats.spearmanr(pred, mos).statistic)


def plcc(pred: Scores, mos: Scores) -> float | None:
    """Pearson's linear correlation; None where undefined."""
    return _defined(pred, mos, lambda: stats.pearsonr(pred, mos).statistic)


def krcc(pred: Scores, mos: Scores) -> float | None:
    """Kendall's rank correlation (tau-b); None where undefined."""
    return _defined(pred, mos, lambda: stats.kendalltau(pred, mos).statistic)


def rmse(pred: Scores, mos: Scores) -> float | None:
    """Root mean squared error on the scale of `mos`; None without images."""
    if len(pred) == 0:
        return None
    return float(np.sqrt(np.mean((pred - mos) ** 2)))


def _defined(pred: Scores, mos: Scores, correlation: object) -> float | None:
    if len(pred) < 2 or np.ptp(pred) == 0 or np.ptp(mos) == 0:
        return None
    assert callable(correlation)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)  # nearly constant: the value says enough
        warnings.simplefilter("ignore", stats.NearConstantInputWarning)
        value = float(correlation())
    return value if np.isfinite(value) else None


def fit_logistic(pred: Scores, mos: Scores) -> tuple[Scores, str]:
    """Map predictions onto the scale of `mos` by the four-parameter logistic function of VQEG.

        b2 + (b1 − b2) / (1 + exp(−(pred − b3) / b4))

    Returns:
        The mapped predictions and an empty note; the predictions unchanged and the reason where no fit is found.
    """
    if len(pred) < 4 or np.ptp(pred) == 0 or np.ptp(mos) == 0:
        return pred, "no logistic fit: it needs four images or more whose scores differ, so fitted values are raw"
    start = (float(mos.max()), float(mos.min()), float(pred.mean()), max(float(pred.std()), 1e-12))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optimize.OptimizeWarning)  # the covariance is not used
            best, _ = optimize.curve_fit(_logistic, pred, mos, p0=start, maxfev=FIT_EVALUATIONS)
    except RuntimeError:
        return pred, f"the logistic fit did not converge in {FIT_EVALUATIONS} evaluations, so fitted values are raw"
    mapped = _logistic(pred, *best)
    if not np.isfinite(mapped).all():
        return pred, "the logistic fit overflowed, so fitted values are raw"
    return mapped, ""


def _logistic(pred: Scores, top: float, bottom: float, centre: float, width: float) -> Scores:
    return np.asarray(bottom + (top - bottom) * special.expit((pred - centre) / (width or 1e-12)), dtype=np.float64)
