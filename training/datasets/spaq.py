"""SPAQ: 11,125 photographs taken with 66 smartphones.

Source: Fang et al., "Perceptual quality assessment of smartphone photography", CVPR 2020.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import SHRUNK, Dataset, Item
from training.datasets.labels.folders import ImageFolders, label_file
from training.datasets.labels.sheet import read_sheet
from training.datasets.splits import split_anew

LABELS = "Annotations/MOS and Image attribute scores.xlsx"
IMAGES = "TestImage"
SOURCE = "The annotations are a download of their own: see github.com/h4nwei/SPAQ."


def open_spaq(folder: Path) -> Dataset:
    """MOS from 0 to 100; no official split.

    Raises:
        BadData: no label file, a missing column, or a label that is no number.
    """
    labels = label_file(folder, LABELS, SOURCE)
    images = ImageFolders(folder, [IMAGES])
    items = [
        Item(
            name=row.text("Image name"),
            path=images.path(row.text("Image name")),
            mos=row.number("MOS"),
            mos_sd=None,
            split="",
            group=row.text("Image name"),
            where=row.where,
        )
        for row in read_sheet(labels, ("Image name", "MOS"))
    ]
    return Dataset("spaq", tuple(split_anew(items)), mos_range=(0.0, 100.0), sizing=SHRUNK)
