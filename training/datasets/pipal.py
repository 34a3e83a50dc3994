"""PIPAL: 200 pictures of 288 × 288 pixels, each distorted and restored in 116 ways; the scores are Elo ratings.

Only the training images of its challenges have published labels, so those are the data set here, split by picture.

Source: Gu et al., "PIPAL: a large-scale image quality assessment dataset for perceptual image restoration", ECCV 2020.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from training.datasets.base import Dataset, Item
from training.datasets.labels.folders import ImageFolders, label_files
from training.datasets.labels.rows import Row
from training.datasets.labels.text import read_text
from training.datasets.splits import reach, split_anew
from training.errors import BadData

LABEL_FOLDERS = ("Train_Label", "MOS_Scores_train", "Train_Label/Train_Label")
"""As its archive unpacks, as the authors' code wants it named, and as programs unpack it that make a folder for each
archive. It holds one text file a picture, `A0001.txt`."""
PARTS = ("Distortion_1", "Distortion_2", "Distortion_3", "Distortion_4")
JOINED = ("Dist_Imgs", "Train_Dist", "Train_Distort")
"""All four together, as pyiqa and code of the challenges name them."""
IMAGE_FOLDERS = (
    *PARTS,
    *(f"Distortion/{part}" for part in PARTS),
    *(f"{part}/{part}" for part in PARTS),
    *JOINED,
)
"""The four archives of images unpack side by side, or each in a folder of its own; the authors' code wants them in one
folder."""
SOURCE = "Train_Label.zip lies beside the four archives of images: see github.com/HaomingCai/PIPAL-dataset."


def open_pipal(folder: Path) -> Dataset:
    """Elo ratings, higher is better, split so that all distortions of one picture stay together.

    An Elo rating has no ends: the scale reaches as far as the labels outside the test split do.

    Raises:
        BadData: no label file, a line that is not a name, a comma and a number, or no label at all.
    """
    images = ImageFolders(folder, IMAGE_FOLDERS)
    files = label_files(folder, LABEL_FOLDERS, ".txt", SOURCE)
    items = split_anew(
        [
            Item(
                name=row.text("name"),
                path=images.path(row.text("name")),
                mos=row.number("elo"),
                mos_sd=None,
                split="",
                group=row.text("name").partition("_")[0].casefold(),  # A0001_03_12.bmp: picture, kind, distortion
                where=row.where,
            )
            for file in files
            for row in _rows(file)
        ]
    )
    if not items:
        raise BadData(f"{files[0]}: holds no label, nor does another text file of its folder")
    return Dataset("pipal", tuple(items), mos_range=reach(items), is_scale_guessed=True)


def _rows(path: Path) -> Iterator[Row]:
    text, remark = read_text(path, "text")
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}{remark}"
        name, comma, elo = line.partition(",")
        if not comma:
            raise BadData(f"{where}: holds {line.strip()!r}; it must hold a name, a comma and an Elo rating")
        yield Row(where, {"name": name, "elo": elo})
