"""What an epoch scores on one split: of one data set its evaluation, of several those of each and their mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from training.progress import Metrics
from training.run.evaluate import Evaluation
from training.runfolder.mixed import scores_name

WITHOUT_UNIT = ("srcc", "plcc", "krcc", "plcc_fitted")
"""Metrics whose mean over data sets means something; errors are on each data set's own scale."""


@dataclass(frozen=True, slots=True)
class SplitScores:
    """One split of all data sets of the run."""

    split: str
    of_each: Mapping[str, Evaluation]
    """Data set to its images."""

    @property
    def metrics(self) -> Metrics:
        """By which the epoch is judged: the mean over the data sets, each counted once; None if one of them is."""
        found = [evaluation.metrics for evaluation in self.of_each.values()]
        if len(found) == 1:
            return found[0]
        return {name: _mean([metrics[name] for metrics in found]) for name in WITHOUT_UNIT} | {"rmse": None}

    @property
    def named(self) -> dict[str, Metrics]:
        """`metrics` by the name of the split, and of several data sets also each one's own."""
        if len(self.of_each) == 1:
            return {self.split: self.metrics}
        own = {scores_name(name, self.split): evaluation.metrics for name, evaluation in self.of_each.items()}
        return {self.split: self.metrics, **own}

    @property
    def notes(self) -> list[str]:
        return [note for evaluation in self.of_each.values() for note in evaluation.notes]

    @property
    def mean_attention(self) -> list[float] | None:
        """Of each scale over all images of the split, fine to coarse; None without attention."""
        weights = [each.attention for each in self.of_each.values() if each.attention is not None]
        return [float(weight) for weight in np.concatenate(weights).mean(axis=0)] if weights else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None
