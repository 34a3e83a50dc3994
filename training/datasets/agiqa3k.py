"""AGIQA-3K: 2,982 images made by six text-to-image models.

Source: Li et al., "AGIQA-3K: an open database for AI-generated image quality assessment", IEEE TCSVT 2024.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import SHRUNK, Dataset, Item
from training.datasets.labels.folders import ImageFolders, label_file
from training.datasets.labels.rows import read_rows
from training.datasets.splits import split_anew

LABELS = "data.csv"
SOURCE = "It lies in github.com/lcysyzxdxc/AGIQA-3k-Database, not in the archive of the images."
IMAGE_FOLDERS = ("images", "Images", "AGIQA-3K", ".")
"""The archive of the images unpacks into one of these; copies differ."""


def open_agiqa3k(folder: Path) -> Dataset:
    """Opinions about quality (not about how well the prompt was followed), from 0 to 5; no official split.

    Raises:
        BadData: no label file, a missing column, or a label that is no number.
    """
    images = ImageFolders(folder, IMAGE_FOLDERS)
    items = [
        Item(
            name=row.text("name"),
            path=images.path(row.text("name")),
            mos=row.number("mos_quality"),
            mos_sd=row.spread("std_quality"),
            split="",
            group=row.text("name"),
            where=row.where,
        )
        for row in read_rows(label_file(folder, LABELS, SOURCE), ("name", "mos_quality", "std_quality"))
    ]
    return Dataset("agiqa-3k", tuple(split_anew(items)), mos_range=(0.0, 5.0), sizing=SHRUNK)
