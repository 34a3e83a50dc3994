"""Data sets, one a file; `open_dataset` maps `--dataset` to its reader."""

from training.datasets.base import Dataset, Item
from training.datasets.table import open_cross_dataset, open_dataset, open_datasets

__all__ = ["Dataset", "Item", "open_cross_dataset", "open_dataset", "open_datasets"]
