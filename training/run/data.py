"""The images of a run: of one data set usually, of several for a mixed run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from training.config import TrainConfig
from training.datasets import Dataset
from training.datasets.base import SPLITS, mixture
from training.images.batches import SplitImages
from training.images.cache import open_images
from training.process.attempt import Attempt
from training.telling.recorder import Recorder

Images = dict[str, tuple[SplitImages, ...]]
"""Split to its images, those of each data set apart."""


def decode_all(
    datasets: Sequence[Dataset], config: TrainConfig, attempt: Attempt, recorder: Recorder
) -> tuple[Dataset, Images]:
    """What the run's data sets are together, and their images.

    Raises:
        BadData: an image cannot be read, or the disk has no room; the text names it.
        Stopped: asked to.
    """
    opened = [_with_images(dataset, config, attempt, recorder) for dataset in datasets]
    images = {split: tuple(of_one[split] for _, of_one in opened) for split in SPLITS}
    return mixture([dataset for dataset, _ in opened]), images


def _with_images(
    dataset: Dataset, config: TrainConfig, attempt: Attempt, recorder: Recorder
) -> tuple[Dataset, dict[str, SplitImages]]:
    doing = f"decoding images of {dataset.name}" if config.is_mixed else "decoding images"
    store = open_images(
        dataset,
        config.patch_size,
        threads=config.num_workers,
        on_progress=lambda done, total: recorder.progress(doing, done, total),
        should_stop=attempt.should_stop,
        say=recorder.say,
    )
    dataset = replace(dataset, notes=(*dataset.notes, *store.changes.notes(dataset)))
    return dataset, {split: SplitImages(dataset, store, split) for split in SPLITS}


def count(images: tuple[SplitImages, ...]) -> int:
    """Images of one split in all data sets."""
    return sum(len(of_one) for of_one in images)
