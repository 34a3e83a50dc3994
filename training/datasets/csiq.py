"""CSIQ: 30 photographs, distorted in six ways at four or five levels.

Source: Larson and Chandler, "Most apparent distortion: full-reference image quality assessment and the role of
strategy", Journal of Electronic Imaging 2010.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from training.datasets.base import Dataset, Item
from training.datasets.labels.folders import ImageFolders, find_labels, label_file
from training.datasets.labels.rows import Row, read_words
from training.datasets.labels.sheet import read_sheet
from training.datasets.splits import split_anew
from training.errors import BadData

LABELS = "csiq_label.txt"
"""Lines of name and DMOS: 0 (no visible difference from the original) to 1. Other projects made it of the sheet."""
OFFICIAL_LABELS, SHEET = "csiq.DMOS.xlsx", "all_by_image"
"""The authors' own file, whose sheet names photograph, distortion and level, and has the spread of opinions too."""
SOURCE = f"Nor is {LABELS} there. The first is on CSIQ's page (s2.smu.edu/~eclarson/csiq.html), apart from the images."
NAMES_OF_DISTORTIONS = {
    "noise": "AWGN",
    "blur": "BLUR",
    "contrast": "contrast",
    "fnoise": "fnoise",
    "jpeg": "JPEG",
    "jpeg 2000": "jpeg2000",
}
"""As the sheet names a distortion, and as the images' names do."""
IMAGE_FOLDERS = ("dst_imgs_all", "dst_imgs", *(f"dst_imgs/{name.lower()}" for name in NAMES_OF_DISTORTIONS.values()))
"""All in one, as other projects copy them; or as the authors' archive has them, one folder a distortion."""


def open_csiq(folder: Path) -> Dataset:
    """DMOS reversed (mos = 1 − dmos), split so that all distortions of one photograph stay together.

    Raises:
        BadData: no label file, an unknown distortion, or a label is no number.
    """
    text = find_labels(folder, LABELS)
    rows = list(_rows_of_sheet(folder)) if text is None else read_words(text, ("name", "dmos"))
    images = ImageFolders(folder, IMAGE_FOLDERS)
    items = [
        Item(
            name=row.text("name"),
            path=images.path(row.text("name")),
            mos=1.0 - row.number("dmos"),
            mos_sd=row.spread("dmos_std") if row.has("dmos_std") else None,
            split="",
            group=row.text("name").partition(".")[0].casefold(),  # 1600.AWGN.1.png: photograph, distortion, level
            where=row.where,
        )
        for row in rows
    ]
    return Dataset("csiq", tuple(split_anew(items)), mos_range=(0.0, 1.0))


def _rows_of_sheet(folder: Path) -> Iterator[Row]:
    path = label_file(folder, OFFICIAL_LABELS, SOURCE)
    for row in read_sheet(path, ("image", "dst_type", "dst_lev", "dmos_std", "dmos"), sheet=SHEET):
        distortion = NAMES_OF_DISTORTIONS.get(row.text("dst_type"))
        if distortion is None:
            known = ", ".join(NAMES_OF_DISTORTIONS)
            raise BadData(f"{row.where}: column dst_type holds {row.text('dst_type')!r}; it must be one of {known}")
        name = f"{row.text('image')}.{distortion}.{int(row.number('dst_lev'))}.png"
        yield Row(row.where, {**row.values, "name": name})
