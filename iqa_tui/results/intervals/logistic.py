"""The four-parameter logistic function of VQEG, fitted as the trainer does for its `plcc_fitted`."""

from __future__ import annotations

import warnings

import numpy as np

from iqa_tui.results.intervals.correlation import is_constant, unit_of
from iqa_tui.results.intervals.scores import Floats

FIT_EVALUATIONS = 2000


def logistic(pred: Floats, top: float, bottom: float, centre: float, width: float) -> Floats:
    """(N,) predictions to (N,) scores: bottom + (top − bottom) / (1 + exp(−(pred − centre) / width))."""
    from scipy import special  # noqa: PLC0415  late: a table without fits needs none

    return np.asarray(bottom + (top - bottom) * special.expit((pred - centre) / (width or 1e-12)), dtype=np.float64)


def fitted(pred: Floats, mos: Floats) -> Floats:
    """The predictions on the scale of `mos`: by a straight line if the fit does not converge, unchanged without any."""
    from scipy import optimize  # noqa: PLC0415

    if len(pred) < 4 or is_constant(pred) or is_constant(mos):
        return pred
    unit, input_unit = unit_of(mos), unit_of(pred)
    inputs, targets = pred / input_unit, mos / unit
    start = (targets.max(), targets.min(), inputs.mean(), max(inputs.std(), 1e-12))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", optimize.OptimizeWarning)  # the covariance is not used
        try:
            best, _ = optimize.curve_fit(logistic, inputs, targets, p0=start, maxfev=FIT_EVALUATIONS)
        except (RuntimeError, ValueError):
            centred = inputs - inputs.mean()
            mapped = unit * (targets.mean() + (centred * targets).sum() / (centred**2).sum() * centred)
        else:
            mapped = logistic(pred, *(float(value) for value in best * np.array([unit, unit, input_unit, input_unit])))
    return mapped if np.isfinite(mapped).all() and not is_constant(mapped) else pred
