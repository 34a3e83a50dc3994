"""From predictions of any scale to the scale of opinions: a monotone map, fitted on the validation split.

Only l1, l2, smooth_l1 and emd, alone or in a sum, compare a prediction with its own opinion. The other losses compare
images with each other, so they leave the shift of predictions free, and some of them the scale too: a network trained
so may predict −460 for a photograph that people gave 3 of 5. Numpy and scipy, no torch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from training.metrics import NoFit, fit_logistic_curve, is_constant, logistic

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """An increasing map."""

    kind: str
    """`logistic` (top, bottom, centre, width) or `linear` (slope, shift)."""
    parameters: tuple[float, ...]

    def __call__(self, pred: Scores) -> Scores:
        """(N,) predictions on the scale of the opinions that it was fitted to."""
        if self.kind == "linear":
            slope, shift = self.parameters
            return np.asarray(slope * pred + shift, dtype=np.float64)
        with np.errstate(all="ignore"):
            return logistic(pred, *self.parameters)

    @property
    def words(self) -> str:
        """For people: what was done with the predictions."""
        form = "four-parameter logistic" if self.kind == "logistic" else "linear"
        return f"a {form} map, fitted on the validation split, brings predictions to the scale of opinions"

    def as_dict(self) -> dict[str, Any]:
        """For JSON; `from_dict` reads it."""
        return {"kind": self.kind, "parameters": list(self.parameters)}


def from_dict(content: dict[str, Any] | None) -> Calibration | None:
    """What `as_dict` gave; None for None. Raises KeyError, TypeError or ValueError: it is none."""
    if content is None:
        return None
    kind, parameters = content["kind"], tuple(map(float, content["parameters"]))
    if len(parameters) != {"logistic": 4, "linear": 2}[kind]:
        raise ValueError(f"a {kind} calibration with {len(parameters)} parameters")
    return Calibration(kind, parameters)


def calibrate(pred: Scores, mos: Scores) -> Calibration | None:
    """The four-parameter logistic of the predictions that is nearest to the opinions; linear if that finds no fit.

    Args:
        pred: (N,) predictions of the validation split, finite.
        mos: (N,) its opinions.

    Returns:
        None if no increasing map can be told: fewer than two predictions that differ, or they fall as opinions rise.
    """
    if len(pred) < 2 or is_constant(pred) or is_constant(mos) or not np.isfinite(pred).all():
        return None
    try:
        top, bottom, centre, width = fit_logistic_curve(pred, mos)
    except NoFit:
        pass
    else:
        if (top - bottom) * width > 0:
            return Calibration("logistic", (top, bottom, centre, width))
    centred = pred - pred.mean()
    slope = float((centred * (mos - mos.mean())).sum() / (centred**2).sum())
    if not np.isfinite(slope) or slope <= 0:
        return None
    return Calibration("linear", (slope, float(mos.mean() - slope * pred.mean())))
