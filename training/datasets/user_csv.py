"""The user's own images: a table, CSV or Excel, with image and mos, and optionally mos_sd, split, group, c1, c2, …"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from training.datasets.base import SHRUNK, SPLITS, Dataset, Item, Sizing
from training.datasets.histograms import answer_columns, check_answer_columns
from training.datasets.labels.rows import Row
from training.datasets.labels.sheet import read_table
from training.datasets.splits import hold_out, reach, split_anew
from training.errors import BadData

COLUMNS, OPTIONAL_COLUMNS = ("image", "mos"), ("mos_sd", "split", "group")
SPLIT_NAMES = {"train": "train", "training": "train", "val": "val", "validation": "val", "test": "test"}
HELD_OUT_FOR_VALIDATION = 0.125
"""Of the training images, if the file names training and test images only."""
FAR = 3.0
"""A label is named if it lies further than this from the middle half of the labels, in lengths of that half (Tukey's
"far out"): one 9999 among opinions from 1 to 5 squashes all others into one value."""
NAMED_OUTLIERS = 3


@dataclass(frozen=True, slots=True)
class LabelScale:
    """What the user says of the labels."""

    ends: tuple[float, float] | None = None
    """None: as far as labels outside the test split reach, so that no test label shapes the training."""
    lower_is_better: bool = False


def open_user_csv(
    path: Path, scale: LabelScale = LabelScale(), sizing: Sizing = SHRUNK, *, answers: int = 0
) -> Dataset:
    """Read the file; paths in it are relative to its folder. Without a split column images are split 70/10/20.

    Args:
        path: of the file.
        scale: what the user says of the labels.
        sizing: of the images.
        answers: how many columns, c1, c2, …, count the people who gave an answer, from that with the lowest label on;
            0: columns of these names are not looked at.

    Raises:
        BadData: a missing column, a label that is no number, or a split of another name.
    """
    columns = answer_columns(answers)
    rows = read_table(path, COLUMNS, (*OPTIONAL_COLUMNS, *columns))
    if not rows:
        raise BadData(f"{path}: holds no images")
    if columns:
        check_answer_columns(path, rows[0].values, columns)
    read = [_item(row, path.parent, columns) for row in rows]
    items = _with_splits(read)
    low, high = scale.ends or reach(items)
    notes = list(_outlier_notes(items))
    if scale.lower_is_better:
        items = [
            replace(item, mos=low + high - item.mos, histogram=item.histogram and item.histogram[::-1])
            for item in items
        ]
        notes.append(f"csv: labels are turned round, since lower is better: mos = {low + high:g} − label")
    is_guessed = scale.ends is None
    return Dataset(
        "csv",
        tuple(items),
        (low, high),
        sizing=sizing,
        is_scale_guessed=is_guessed,
        has_official_split=any(item.split for item in read),
        notes=tuple(notes),
    )


def _outlier_notes(items: Sequence[Item]) -> Iterator[str]:
    """A note for each label far from the others; more than `NAMED_OUTLIERS` are counted."""
    lower, upper = (float(quartile) for quartile in np.quantile([item.mos for item in items], (0.25, 0.75)))
    margin = FAR * (upper - lower)
    far = [item for item in items if margin and not lower - margin <= item.mos <= upper + margin]
    for item in far[:NAMED_OUTLIERS]:
        yield (
            f"{item.where}: the label {item.mos:g} of {item.name} lies far from the others, half of which lie between "
            f"{lower:g} and {upper:g}; mend it if it is mistyped"
        )
    if len(far) > NAMED_OUTLIERS:
        yield f"csv: {len(far) - NAMED_OUTLIERS:,} more labels lie as far from the others"


def _item(row: Row, folder: Path, answers: Sequence[str]) -> Item:
    name = row.text("image")
    return Item(
        name=name,
        path=folder / name,
        mos=row.number("mos"),
        mos_sd=row.spread("mos_sd") if row.has("mos_sd") else None,
        split=_split(row),
        group=row.text("group") if row.has("group") else name,
        where=row.where,
        histogram=row.shares(answers) if answers else None,
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
