"""The maps from predictions to opinions that the validation split of each data set gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from training.calibration import Calibration, calibrate, from_dict
from training.images.batches import SplitImages
from training.run.evaluate import Evaluation, Scores


@dataclass(frozen=True, slots=True)
class Calibrations:
    """Empty if the loss fixes the scale, or no map was found."""

    of_all: Calibration | None = None
    """For an image of unknown origin: of a single data set its own, of several from 0 to 1, by all their images."""
    of_each: Mapping[str, Calibration] = field(default_factory=dict)
    """Data set to the map onto its own scale."""

    def as_dict(self) -> dict[str, Any]:
        """`of_each` for JSON; `calibrations_from` reads it."""
        return {name: calibration.as_dict() for name, calibration in self.of_each.items()}


NO_CALIBRATIONS = Calibrations()


def calibrations_from(content: Mapping[str, Any]) -> dict[str, Calibration]:
    """Data set to its map. Raises as `from_dict`."""
    found = {name: from_dict(each) for name, each in content.items()}
    return {name: calibration for name, calibration in found.items() if calibration is not None}


def calibrations_of(sets: Sequence[SplitImages], evaluations: Mapping[str, Evaluation]) -> Calibrations:
    """Fitted on the validation images of `sets`, whose scores `evaluations` has by data set."""
    found = {name: calibrate(each.pred, each.mos) for name, each in evaluations.items()}
    own = {name: calibration for name, calibration in found.items() if calibration is not None}
    if len(sets) == 1:
        return Calibrations(next(iter(own.values()), None), own)
    pred, mos = (
        np.concatenate([_to_training(images, values(evaluations[images.dataset.name])) for images in sets])
        for values in (_pred, _mos)
    )
    return Calibrations(calibrate(pred, mos), own)


def _to_training(images: SplitImages, values: Scores) -> Scores:
    return np.array([images.dataset.to_training(value) for value in values], dtype=np.float64)


def _pred(evaluation: Evaluation) -> Scores:
    return evaluation.pred


def _mos(evaluation: Evaluation) -> Scores:
    return evaluation.mos
