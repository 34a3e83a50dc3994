"""A trained network on every image of a data set, with the metrics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from training.config import TrainConfig
from training.datasets.base import Dataset
from training.datasets.koniq10k import PUBLISHED_SIZING
from training.datasets.table import open_part
from training.images.batches import SplitImages
from training.images.cache import open_images
from training.metrics import Scores, all_metrics, krcc, plcc, rmse, srcc, without_scale
from training.predicting.bootstrap import Interval, interval, words_of_units
from training.run.evaluate import Evaluation, Observer, score_crops
from training.run.scorer import Scorer
from training.runfolder.mixed import dataset_names

Told = Callable[[str, int, int], None]
"""Called with what is counted, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One data set, scored."""

    evaluation: Evaluation
    """Its predictions are not calibrated, as in the score files of a run; its RMSE is."""
    intervals: dict[str, Interval | None]
    """Of SRCC, PLCC, KRCC and RMSE; None if there is none."""
    units: str
    """What was drawn for the intervals."""


def open_for(scorer: Scorer, data: TrainConfig, split: str) -> Dataset:
    """The images of a split of a data set, or of all, as this network takes images.

    Args:
        scorer: of the network.
        data: its flags of the data set count.
        split: train, val, test or all.

    Raises:
        BadData: missing, incomplete or damaged; the text names the file.
    """
    config = replace(data, protocol=scorer.config.protocol)
    found = open_part(config, split, keeps_official=scorer.config.is_mixed)
    dataset = replace(found, training_top=scorer.dataset.training_top)
    is_same = dataset.name in dataset_names(scorer.dataset.name)
    if scorer.dataset.sizing == PUBLISHED_SIZING or (config.is_published and not is_same):
        dataset = replace(dataset, sizing=PUBLISHED_SIZING)
    if is_same and split in ("train", "all"):
        dataset = replace(
            dataset,
            notes=(
                *dataset.notes,
                f"the network was trained on images of {dataset.name}; --split test leaves them out",
            ),
        )
    return dataset


def evaluate_on(scorer: Scorer, dataset: Dataset, told: Told) -> Evaluated:
    """Score every image as the mean over its test crops, which are those of the run if it was tested on them.

    Args:
        scorer: of the network.
        dataset: all its images in the split test, as `open_for` gives it.
        told: of the progress.

    Raises:
        BadData: an image cannot be read, or there is no room for the decoded images.
        GpuOutOfMemory: not even a single crop fits.
    """
    store = open_images(
        dataset,
        scorer.config.patch_size,
        threads=scorer.config.num_workers,
        on_progress=lambda done, total: told("images decoded", done, total),
        should_stop=lambda: False,
    )
    images = SplitImages(dataset, store, "test")
    observer = Observer(on_progress=lambda done, total: told("crops scored", done, total))
    scores, attention = score_crops(
        scorer.network, images, scorer.config, scorer.placement, observer, batch_size=scorer.batch_size
    )
    pred = np.array([dataset.from_training(score) for score in scores], dtype=np.float64)
    metrics, notes = all_metrics(pred, images.mos)
    if scorer.calibration is not None or not scorer.has_scale:
        metrics = without_scale(metrics, notes)
    on_scale, scale_note = _on_scale(scorer, dataset, pred)
    metrics["rmse"] = None if on_scale is None else rmse(on_scale, images.mos)
    intervals = {
        name: interval(metric, values, images.mos, images.groups)
        for name, metric, values in (("srcc", srcc, pred), ("plcc", plcc, pred), ("krcc", krcc, pred))
    }
    intervals["rmse"] = None if on_scale is None else interval(rmse, on_scale, images.mos, images.groups)
    notes = [*dataset.notes, *store.changes.notes(dataset), *([scale_note] if scale_note else []), *notes]
    evaluation = Evaluation("test", images.names, images.mos, pred, attention, metrics, notes, images.groups)
    return Evaluated(evaluation, intervals, words_of_units(images.groups, len(images)))


def _on_scale(scorer: Scorer, dataset: Dataset, pred: Scores) -> tuple[Scores | None, str]:
    """Predictions on the scale of the opinions, None if they have no scale there; and what a reader must know."""
    own = scorer.dataset
    is_same = (dataset.name, dataset.mos_range) == (own.name, own.mos_range)
    if (of_this := scorer.calibration_on(dataset)) is not None:
        return of_this(pred), f"RMSE: {of_this.words}"
    if not scorer.has_scale:
        return None, f"no RMSE: {scorer.note}"
    if scorer.calibration is not None:
        return None, f"no RMSE: the calibration of the network holds for {own.name} alone"
    if is_same:
        return pred, ""
    ends = " and ".join(f"{low:g} to {high:g}" for low, high in (own.mos_range, dataset.mos_range))
    return pred, f"RMSE: scores are brought linearly from the scale of {own.name} to that of {dataset.name} ({ends})"
