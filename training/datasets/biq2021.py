"""BIQ2021: photographs of 512 × 512 pixels with opinions from 0 to 1 (github.com/nisarahmedrana/BIQ2021)."""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import Dataset, Item
from training.datasets.labels.folders import label_file
from training.datasets.labels.rows import read_rows
from training.datasets.splits import hold_out

SOURCE = "It lies in github.com/nisarahmedrana/BIQ2021, beside the folder Images."
FILES = {"train": "Train (Images and MOS).csv", "test": "Test (Images and MOS).csv"}
HELD_OUT_FOR_VALIDATION = 0.15
"""Of the training images: there is no official validation split."""


def open_biq2021(folder: Path) -> Dataset:
    """Official training and test images; validation is held out of the training images.

    Raises:
        BadData: a label file or column is missing, or a label is no number.
    """
    items = [
        Item(
            name=row.text("Image Name"),
            path=folder / "Images" / row.text("Image Name"),
            mos=row.number("MOS"),
            mos_sd=None,
            split=split,
            group=row.text("Image Name"),
            where=row.where,
        )
        for split, name in FILES.items()
        for row in read_rows(label_file(folder, name, SOURCE), ("Image Name", "MOS"))
    ]
    items = hold_out(items, "train", "val", HELD_OUT_FOR_VALIDATION)
    return Dataset("biq2021", tuple(items), mos_range=(0.0, 1.0), has_official_split=True)
