"""UHD-IQA: 6,073 popular stock photographs, 3,840 pixels wide, rated twice by ten experts each.

Source: Hosu et al., "UHD-IQA benchmark database: pushing the boundaries of blind photo quality assessment", ECCV 2024
Workshops.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import SHRUNK, Dataset, Item
from training.datasets.labels.folders import label_file
from training.datasets.labels.rows import Row, read_rows
from training.errors import BadData

LABELS = "uhd-iqa-metadata.csv"
SOURCE = (
    "It comes with the images, or alone as uhd-iqa-metadata.zip: see database.mmsp-kn.de/uhd-iqa-benchmark-database"
    ".html. The challenge's uhd-iqa-training-metadata.csv is another: it has the training images alone."
)
OFFICIAL_SETS = {"training": "train", "validation": "val", "test": "test"}
"""What the column `set` holds, which is also the folder of the image, to our names."""


def open_uhdiqa(folder: Path) -> Dataset:
    """MOS from 0 to 1 and the official split; the spread of the opinions is not published.

    Raises:
        BadData: no label file, a missing column, an unknown set, or a label that is no number.
    """
    items = [
        Item(
            name=row.text("image_name"),
            path=folder / _official_set(row) / row.text("image_name"),
            mos=row.number("quality_mos"),
            mos_sd=None,
            split=OFFICIAL_SETS[_official_set(row)],
            group=row.text("image_name"),
            where=row.where,
        )
        for row in read_rows(label_file(folder, LABELS, SOURCE), ("image_name", "quality_mos", "set"))
    ]
    return Dataset("uhd-iqa", tuple(items), mos_range=(0.0, 1.0), sizing=SHRUNK, has_official_split=True)


def _official_set(row: Row) -> str:
    name = row.text("set")
    if name not in OFFICIAL_SETS:
        raise BadData(f"{row.where}: column set holds {name!r}; it must be one of {', '.join(OFFICIAL_SETS)}")
    return name
