"""KonIQ-10k: 10,073 photographs from the web with about 120 opinions each.

Source: Hosu et al., "KonIQ-10k: an ecologically valid database for deep learning of blind image quality assessment",
IEEE TIP 2020.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import Dataset, Item, Sizing
from training.datasets.rows import Row, read_rows
from training.datasets.splits import split_anew
from training.errors import BadData

WITH_SETS = "koniq10k_distributions_sets.csv"
"""MOS from 0 to 100, SD on the scale of the five answers (1 to 5), and the official split."""
WITHOUT_SETS = "koniq10k_scores_and_distributions.csv"
"""MOS and SD on 1 to 5, MOS_zscore from 0 to 100; no split."""
IMAGE_FOLDERS = ("1024x768", "512x384", "train", "test")
SD_SCALE = 27.8
"""MOS points (0 to 100) for one point of the five answers: the slope between the two over all images.

SD stands on the scale of the answers in both files. Left there, it would look a 28th of what it is beside MOS.
"""
OFFICIAL_SETS = {"training": "train", "validation": "val", "test": "test"}
SIZING = Sizing(exact=(384, 512))
"""Height and width: half of the originals, aspect kept."""


def open_koniq10k(folder: Path) -> Dataset:
    """Labels, the official split, and where each image lies.

    Raises:
        BadData: no label file, a missing column, or a label that is no number.
    """
    labels = next((folder / name for name in (WITH_SETS, WITHOUT_SETS) if (folder / name).is_file()), None)
    if labels is None:
        raise BadData(f"{folder / WITH_SETS}: no such file, nor {WITHOUT_SETS}. Give KonIQ-10k's folder by --data_path")
    images = _find_images(folder)
    if labels.name == WITH_SETS:
        rows = read_rows(labels, ("image_name", "MOS", "SD", "set"))
        items = [_item(row, folder, images, "MOS", _official_set(row)) for row in rows]
        notes: tuple[str, ...] = ()
    else:
        rows = read_rows(labels, ("image_name", "MOS_zscore", "SD"))
        items = split_anew([_item(row, folder, images, "MOS_zscore", "") for row in rows])
        notes = (f"{WITHOUT_SETS} has no official split, so the images were split anew: put {WITH_SETS} beside it",)
    return Dataset("koniq-10k", tuple(items), mos_range=(0.0, 100.0), sizing=SIZING, notes=notes)


def _item(row: Row, folder: Path, images: dict[str, Path], mos_column: str, split: str) -> Item:
    name = row.text("image_name")
    return Item(
        name=name,
        path=images.get(name, folder / IMAGE_FOLDERS[0] / name),
        mos=row.number(mos_column),
        mos_sd=row.number("SD") * SD_SCALE,
        split=split,
        group=name,
        where=row.where,
    )


def _official_set(row: Row) -> str:
    name = row.text("set")
    if name not in OFFICIAL_SETS:
        raise BadData(f"{row.where}: column set holds {name!r}; it must be one of {', '.join(OFFICIAL_SETS)}")
    return OFFICIAL_SETS[name]


def _find_images(folder: Path) -> dict[str, Path]:
    """File name to path over the layouts in use, the full-size folder first. Each folder is listed once."""
    found: dict[str, Path] = {}
    for name in IMAGE_FOLDERS:
        if (folder / name).is_dir():
            for path in (folder / name).iterdir():
                found.setdefault(path.name, path)
    return found
