"""KADID-10k: 81 photographs, each distorted in 25 ways at five levels.

Source: Lin et al., "KADID-10k: a large-scale artificially distorted IQA database", QoMEX 2019.
"""

from __future__ import annotations

import math
from pathlib import Path

from training.datasets.base import Dataset, Item
from training.datasets.labels.folders import ImageFolders, label_file
from training.datasets.labels.rows import read_rows
from training.datasets.splits import split_anew

LABELS = "dmos.csv"
SOURCE = "It lies in the archive of KADID-10k, beside the folder images."
"""Its column `dmos` grows with quality, from 1 to 5, and `var` is a variance."""


def open_kadid10k(folder: Path) -> Dataset:
    """Split so that all distortions of one photograph stay together.

    Raises:
        BadData: no label file, a missing column, or a label that is no number.
    """
    labels = label_file(folder, LABELS, SOURCE)
    images = ImageFolders(folder, ["images"])
    items = [
        Item(
            name=row.text("dist_img"),
            path=images.path(row.text("dist_img")),
            mos=row.number("dmos"),
            mos_sd=math.sqrt(row.spread("var")),
            split="",
            group=row.text("ref_img"),
            where=row.where,
        )
        for row in read_rows(labels, ("dist_img", "ref_img", "dmos", "var"))
    ]
    return Dataset("kadid-10k", tuple(split_anew(items)), mos_range=(1.0, 5.0))
