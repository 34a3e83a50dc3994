"""The user's own images: a table, CSV or Excel, with image and mos, and optionally mos_sd, split, group."""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import SHRUNK, SPLITS, Dataset, Item
from training.datasets.labels.rows import Row
from training.datasets.labels.sheet import read_table
from training.datasets.splits import hold_out, split_anew
from training.errors import BadData

COLUMNS, OPTIONAL_COLUMNS = ("image", "mos"), ("mos_sd", "split", "group")
SPLIT_NAMES = {"train": "train", "training": "train", "val": "val", "validation": "val", "test": "test"}
HELD_OUT_FOR_VALIDATION = 0.125
"""Of the training images, if the file names training and test images only."""


def open_user_csv(path: Path) -> Dataset:
    """Read the file; paths in it are relative to its folder. Without a split column images are split 70/10/20.

    Raises:
        BadData: a missing column, a label that is no number, or a split of another name.
    """
    rows = read_table(path, COLUMNS, OPTIONAL_COLUMNS)
    if not rows:
        raise BadData(f"{path}: holds no images")
    items = [_item(row, path.parent) for row in rows]
    labels = [item.mos for item in items]
    return Dataset(
        "csv",
        tuple(_with_splits(items)),
        mos_range=(min(labels), max(labels)),
        sizing=SHRUNK,
    )


def _item(row: Row, folder: Path) -> Item:
    name = row.text("image")
    return Item(
        name=name,
        path=folder / name,
        mos=row.number("mos"),
        mos_sd=row.spread("mos_sd") if row.has("mos_sd") else None,
        split=_split(row),
        group=row.text("group") if row.has("group") else name,
        where=row.where,
    )


def _split(row: Row) -> str:
    if not row.has("split"):
        return ""
    name = row.text("split").lower()
    if name not in SPLIT_NAMES:
        raise BadData(f"{row.where}: column split holds {name!r}; it must be one of {', '.join(SPLITS)}")
    return SPLIT_NAMES[name]


def _with_splits(items: list[Item]) -> list[Item]:
    named = {item.split for item in items}
    if named == {""}:
        return split_anew(items)
    if "" in named:
        first = next(item for item in items if not item.split)
        raise BadData(f"{first.where}: column split is empty; fill it for every image or for none")
    _check_groups(items)
    return items if "val" in named else hold_out(items, "train", "val", HELD_OUT_FOR_VALIDATION)


def _check_groups(items: list[Item]) -> None:
    first: dict[str, Item] = {}
    for item in items:
        other = first.setdefault(item.group, item)
        if other.split != item.split:
            raise BadData(
                f"{item.where}: group {item.group} is in the split {item.split}, and in {other.split} ({other.where}); "
                "a group must stay in one split"
            )
