"""CSIQ: 30 photographs, distorted in six ways at four or five levels.

Source: Larson and Chandler, "Most apparent distortion: full-reference image quality assessment and the role of
strategy", Journal of Electronic Imaging 2010.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import Dataset, Item
from training.datasets.labels.folders import ImageFolders
from training.datasets.labels.rows import read_words
from training.datasets.splits import split_anew

LABELS = "csiq_label.txt"
"""Lines of name and DMOS: 0 (no visible difference from the original) to 1."""


def open_csiq(folder: Path) -> Dataset:
    """DMOS reversed (mos = 1 − dmos), split so that all distortions of one photograph stay together.

    Raises:
        BadData: no label file, or a label is no number.
    """
    images = ImageFolders(folder, ["dst_imgs_all"])
    items = [
        Item(
            name=row.text("name"),
            path=images.path(row.text("name")),
            mos=1.0 - row.number("dmos"),
            mos_sd=None,
            split="",
            group=row.text("name").partition(".")[0].casefold(),  # 1600.AWGN.1.png: photograph, distortion, level
            where=row.where,
        )
        for row in read_words(folder / LABELS, ("name", "dmos"))
    ]
    return Dataset("csiq", tuple(split_anew(items)), mos_range=(0.0, 1.0))
