"""Results of earlier versions that hold an error of predictions which lie on no scale.

Before a calibration gave it the unit of opinions, the RMSE of a network that was trained to rank images was that of its
raw predictions: 0.2 or 460 on opinions from 1 to 5, by the seed. It compares nothing, so no reader is given it.
"""

from __future__ import annotations

from dataclasses import replace

from training.runfolder.schema import Result

FREE_OF_SCALE = frozenset({"srcc", "rank", "pairwise", "plcc", "nin"})
"""The losses of those versions that compare images with each other."""
LEFT_OUT = "no RMSE: an earlier version measured it on predictions that lie on no scale"


def without_raw_errors(result: Result) -> Result:
    """The result without such errors, and with a note if it had one. Those after a fit have a unit, and stay.

    What another trainer wrote, which keeps no flags, stays as it is.
    """
    if result.calibration is not None or result.sets or result.config.get("loss_type") not in FREE_OF_SCALE:
        return result
    if all(metrics.get("rmse") is None for metrics in result.metrics.values()):
        return result
    metrics = {split: own | {"rmse": None} if "rmse" in own else own for split, own in result.metrics.items()}
    return replace(result, metrics=metrics, notes=[*result.notes, LEFT_OUT])


def has_raw_errors(result: Result | None) -> bool:
    """Whether errors were left out of it: those of its events are as raw."""
    return result is not None and LEFT_OUT in result.notes
