"""The map that brings a run's predictions to the scale of opinions, as its result keeps it: for single numbers, without
numpy. Losses that compare images with each other leave that scale free.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from training.runfolder.mixed import is_mixed
from training.runfolder.schema import Result

LARGEST_EXPONENT = 700.0


@dataclass(frozen=True, slots=True)
class PredictionScale:
    """What the predictions of a run on one data set lie on."""

    words: str
    """`calibrated`, `no scale`, `as given` as long as there is no result; empty: the loss itself fixes the scale."""
    has_numbers: bool
    """False: a prediction alone says nothing."""
    map: Callable[[float], float] = float
    """From a prediction as the network gave it to what is shown."""


ON_SCALE = PredictionScale("", has_numbers=True)
AS_GIVEN = PredictionScale("as given", has_numbers=True)
NO_SCALE = PredictionScale("no scale", has_numbers=False)


def scale_of(result: Result | None, dataset: str, split: str) -> PredictionScale:
    """Args:
    result: of the run; None before it has one.
    dataset: one of those that it was trained on.
    split: whose scores are shown.
    """
    if result is None:
        return AS_GIVEN
    several = is_mixed(result.dataset)
    content = result.sets.get(dataset, {}).get("calibration") if several else result.calibration
    if content is not None:
        mapped = _map_of(content)
        return NO_SCALE if mapped is None else PredictionScale("calibrated", has_numbers=True, map=mapped)
    metrics = result.metrics.get(f"{dataset} {split}" if several else split, {})
    return ON_SCALE if metrics.get("rmse") is not None else NO_SCALE


def _map_of(content: dict[str, Any]) -> Callable[[float], float] | None:
    """None for a map that this version does not know."""
    try:
        parameters = [float(value) for value in content["parameters"]]
        if content["kind"] == "linear":
            slope, shift = parameters
            return lambda pred: slope * pred + shift
        if content["kind"] == "logistic":
            top, bottom, centre, width = parameters
            return lambda pred: bottom + (top - bottom) * _sigmoid((pred - centre) / (width or 1e-12))
    except (KeyError, TypeError, ValueError):
        pass
    return None


def _sigmoid(value: float) -> float:
    if value < 0:
        return 1.0 - _sigmoid(-value)
    return 1.0 / (1.0 + math.exp(-min(value, LARGEST_EXPONENT)))
