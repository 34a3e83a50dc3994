"""KonIQ-10k: 10,073 photographs from the web with about 120 opinions each.

Source: Hosu et al., "KonIQ-10k: an ecologically valid database for deep learning of blind image quality assessment",
IEEE TIP 2020.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.datasets.base import Dataset, Item, Sizing
from training.datasets.labels.folders import ImageFolders, find_labels, label_file
from training.datasets.labels.rows import Row, read_rows
from training.datasets.labels.text import read_text
from training.datasets.splits import split_anew
from training.errors import BadData

WITH_SETS = "koniq10k_distributions_sets.csv"
"""MOS from 0 to 100, SD on the scale of the five answers (1 to 5), and the official split."""
WITHOUT_SETS = "koniq10k_scores_and_distributions.csv"
"""MOS and SD on 1 to 5, MOS_zscore from 0 to 100; no split."""
PUBLISHED_LABELS = {"train": "koniq_train.json", "test": "koniq_test.json"}
"""The published code's own split: lists of {"image", "score"}. It takes no label from them, but from `WITHOUT_SETS`."""
SOURCE = (
    f"Nor is {WITHOUT_SETS} there. The first is in github.com/subpic/koniq (folder metadata), the second on "
    "database.mmsp-kn.de; neither is in the archive of the images."
)
IMAGE_FOLDERS = ("1024x768", "512x384", "train", "test")
SD_SCALE = 27.8
"""MOS points (0 to 100) for one point of the five answers: the slope between the two over all images.

SD is on the scale of the answers in both files. Left there, it would look 28 times too small beside MOS.
"""
NO_ZSCORE = (
    f"koniq-10k: the labels are the scores of {' and '.join(PUBLISHED_LABELS.values())}, for there is no "
    f"{WITHOUT_SETS}; the published code trains on MOS_zscore of that file"
)
ANSWERS = ("c1", "c2", "c3", "c4", "c5")
"""Columns of both files: how many people gave each answer, from bad to excellent."""
OFFICIAL_SETS = {"training": "train", "validation": "val", "test": "test"}
SIZING = Sizing(exact=(384, 512))
"""Height and width: half of the originals, aspect kept."""
PUBLISHED_SIZING = Sizing(exact=(512, 384))
"""Height and width as in the published code, which squeezes landscapes into portraits."""


def open_koniq10k(folder: Path) -> Dataset:
    """Labels, the official split, and the path of each image.

    Raises:
        BadData: no label file, a missing column, or a label that is no number.
    """
    without_sets = find_labels(folder, WITHOUT_SETS)
    with_sets = find_labels(folder, WITH_SETS) if without_sets else label_file(folder, WITH_SETS, SOURCE)
    images = ImageFolders(folder, IMAGE_FOLDERS)
    if with_sets:
        rows = read_rows(with_sets, ("image_name", "MOS", "SD", "set"))
        items = [_item(row, images, "MOS", _official_set(row)) for row in rows]
        notes: tuple[str, ...] = ()
    else:
        assert without_sets is not None
        rows = read_rows(without_sets, ("image_name", "MOS_zscore", "SD"))
        items = split_anew([_item(row, images, "MOS_zscore", "") for row in rows])
        notes = (f"{WITHOUT_SETS} has no official split, so the images were split anew: put {WITH_SETS} beside it",)
    return Dataset(
        "koniq-10k",
        tuple(items),
        mos_range=(0.0, 100.0),
        sizing=SIZING,
        has_official_split=with_sets is not None,
        notes=notes,
    )


def _item(row: Row, images: ImageFolders, mos_column: str, split: str) -> Item:
    name = row.text("image_name")
    return Item(
        name=name,
        path=images.path(name),
        mos=row.number(mos_column),
        mos_sd=row.spread("SD") * SD_SCALE,
        split=split,
        group=name,
        where=row.where,
        histogram=row.shares(ANSWERS) if all(map(row.values.get, ANSWERS)) else None,
    )


def _official_set(row: Row) -> str:
    name = row.text("set")
    if name not in OFFICIAL_SETS:
        raise BadData(f"{row.where}: column set holds {name!r}; it must be one of {', '.join(OFFICIAL_SETS)}")
    return OFFICIAL_SETS[name]


def open_published_koniq10k(folder: Path) -> Dataset:
    """KonIQ-10k as the published code reads it: its own split if its two files are there, and its image size.

    Labels are MOS_zscore. Without any label file they are the split's own scores, and a note says so.

    Raises:
        BadData: as `open_koniq10k`; one of the two files alone; an entry without image or label.
    """
    files = {split: find_labels(folder, name) for split, name in PUBLISHED_LABELS.items()}
    there = {split: file for split, file in files.items() if file is not None}
    if not there:
        return replace(open_koniq10k(folder), sizing=PUBLISHED_SIZING)
    if len(there) < len(files):
        absent = next(folder / PUBLISHED_LABELS[split] for split in files if split not in there)
        found = next(iter(there.values()))
        raise BadData(f"{absent}: no such file, though {found.name} is there; put both, or neither")
    images = ImageFolders(folder, IMAGE_FOLDERS)
    labelled = _labelled(folder, images)
    items = [_published_item(row, split, images, labelled) for split, file in there.items() for row in _entries(file)]
    notes = () if labelled else (NO_ZSCORE,)
    return Dataset(
        "koniq-10k", tuple(items), mos_range=(0.0, 100.0), sizing=PUBLISHED_SIZING, has_official_split=True, notes=notes
    )


def _labelled(folder: Path, images: ImageFolders) -> dict[str, Item]:
    """Name to image, of the label file with MOS_zscore, else of the other, whose MOS is the same; empty without one."""
    for name, column in ((WITHOUT_SETS, "MOS_zscore"), (WITH_SETS, "MOS")):
        if file := find_labels(folder, name):
            rows = read_rows(file, ("image_name", column, "SD"))
            return {item.name: item for item in (_item(row, images, column, "") for row in rows)}
    return {}


def _entries(path: Path) -> list[Row]:
    try:
        entries: Any = json.loads(read_text(path, "JSON")[0])
    except ValueError as error:
        raise BadData(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadData(f"{path}: is no list of objects with image and score")
    return [
        Row(f"{path}, entry {number}", {key: str(value) for key, value in entry.items()})
        for number, entry in enumerate(entries, start=1)
    ]


def _published_item(row: Row, split: str, images: ImageFolders, labelled: dict[str, Item]) -> Item:
    name = Path(row.text("image")).name
    if labelled:
        if name not in labelled:
            file = next(iter(labelled.values())).where.rpartition(",")[0]
            raise BadData(f"{row.where}: image {name} has no label in {file}; the two must be of one KonIQ-10k")
        return replace(labelled[name], split=split, where=row.where)
    return Item(
        name=name,
        path=images.path(name),
        mos=row.number("score"),
        mos_sd=None,
        split=split,
        group=name,
        where=row.where,
    )
