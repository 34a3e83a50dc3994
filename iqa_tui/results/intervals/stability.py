"""How steady a training run was, free of the scale of its loss, from its recorded steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from iqa_tui.results.intervals.scores import Floats

WINDOW = 101
"""Recorded steps of the running median."""
SETTLING = 0.05
"""The first share of the steps does not count: a learning rate that warms up moves the gradient by itself."""
FEWEST_STEPS = 21
"""A running median of fewer follows the steps themselves."""
SPIKE = 5.0
"""Robust standard deviations of the loss above its running median."""
MAD_TO_SD = 1.4826
"""The standard deviation of a normal distribution, in median absolute deviations."""


@dataclass(frozen=True, slots=True)
class Stability:
    """Of one run."""

    sd: float | None = None
    """Robust SD of ln(gradient norm) around its running median; smaller is steadier. None: too few steps."""
    steps: int = 0
    """That `sd` is of."""
    zero_norms: int = 0
    """Steps whose gradient norm was 0; they are not in `sd`."""
    missing_norms: int = 0
    """Steps whose gradient norm was not finite, or not recorded."""
    spikes: int = 0
    """Steps whose loss lay far above those around it."""
    not_finite: int = 0
    """Steps whose loss was not finite."""
    largest_fall: float | None = None
    """Of the validation SRCC from one epoch to the next, at least 0; None for fewer than two epochs."""

    @property
    def ln_sd(self) -> float | None:
        """By which runs are compared; None too for an SD of 0."""
        return float(np.log(self.sd)) if self.sd else None


def stability(
    norms: Sequence[float | None], losses: Sequence[float | None], srccs: Sequence[float | None]
) -> Stability:
    """Judge one run.

    Args:
        norms: of the gradient at each recorded step, before clipping; None if it was not finite.
        losses: at the same steps.
        srccs: on the validation split, by epoch; None if undefined.
    """
    gradient, loss = (_settled(values) for values in (norms, losses))
    is_norm = np.isfinite(gradient)
    positive = gradient[is_norm & (gradient > 0)]
    finite_loss = loss[np.isfinite(loss)]
    known = np.array([value for value in srccs if value is not None], dtype=np.float64)
    falls = -np.diff(known)
    return Stability(
        sd=_robust_sd(_around_median(np.log(positive))) if len(positive) >= FEWEST_STEPS else None,
        steps=len(positive),
        zero_norms=int((is_norm & (gradient <= 0)).sum()),
        missing_norms=int((~is_norm).sum()),
        spikes=_spikes(finite_loss),
        not_finite=int((~np.isfinite(_array(losses))).sum()),
        largest_fall=max(float(falls.max()), 0.0) if len(falls) else None,
    )


def _array(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _settled(values: Sequence[float | None]) -> Floats:
    return _array(values)[int(np.ceil(SETTLING * len(values))) :]


def _around_median(values: Floats) -> Floats:
    """(N,) less the running median; near the ends the window is mirrored."""
    from scipy import ndimage  # noqa: PLC0415

    window = min(WINDOW, len(values) - (len(values) + 1) % 2)  # odd, and no longer than the run
    return np.asarray(values - ndimage.median_filter(values, size=window, mode="mirror"), dtype=np.float64)


def _robust_sd(values: Floats) -> float:
    return MAD_TO_SD * float(np.median(np.abs(values - np.median(values))))


def _spikes(losses: Floats) -> int:
    if len(losses) < FEWEST_STEPS:
        return 0
    around = _around_median(losses)
    return int((around > SPIKE * _robust_sd(around)).sum()) if _robust_sd(around) else 0
