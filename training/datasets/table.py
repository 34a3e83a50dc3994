"""From `--dataset` to the data set, checked and limited."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from training.config import TrainConfig
from training.datasets.base import Dataset, check_complete
from training.datasets.biq2021 import open_biq2021
from training.datasets.demo import open_demo
from training.datasets.koniq10k import open_koniq10k
from training.datasets.user_csv import open_user_csv

READERS: dict[str, Callable[[Path], Dataset]] = {
    "koniq-10k": open_koniq10k,
    "biq2021": open_biq2021,
    "csv": open_user_csv,
    "demo": lambda _: open_demo(),
}


def open_dataset(config: TrainConfig) -> Dataset:
    """The data set of this run.

    Raises:
        BadData: missing, incomplete or damaged; the text names the file and, for labels, the line.
    """
    dataset = READERS[config.dataset](config.data_folder)
    return check_complete(dataset.limited(config.limit_train_images, config.limit_test_images))
