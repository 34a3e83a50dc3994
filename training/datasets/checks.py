"""What every data set must be before a run uses it: complete, named once, on its scale."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import replace

from training.datasets.base import SPLITS, Dataset, Item
from training.datasets.labels.files import states_of
from training.datasets.labels.folders import Spellings
from training.errors import BadData

BEYOND_SCALE = 0.5
"""How far beyond a scale's ends labels may lie, in parts of its length. Realigned difference scores may lie a little
beyond theirs; a label beyond this is on another scale, or mistyped."""
MANY = 30
CROWDED = 0.25
CROWDED_IF_FEW = 0.05
"""Labels of `MANY` images that all lie in this part of the scale, at one of its ends, are on a shorter scale: opinions
from 1 to 5 lie in the lowest twentieth of 0 to 100. Fewer images may happen to be all bad or all good."""
FEWEST = 3
"""Images that say something about a scale."""


def check_complete(dataset: Dataset, splits: Sequence[str] = SPLITS) -> Dataset:
    """Give the data set back once every file is there and named once, labels fit the scale, no split is empty.

    A file whose name is spelt in other case, or in decomposed letters, is found and taken.

    Raises:
        BadData: the text names the first missing file and counts the others, or the line that is wrong.
    """
    items, missing = _look_for_files(dataset.items)
    dataset = replace(dataset, items=items)
    if missing:
        others = f" ({len(missing):,} of {len(dataset.items):,} images are missing)" if len(missing) > 1 else ""
        raise BadData(f"{missing[0].path}: no such image, named in {missing[0].where}{others}. Check --data_path")
    _check_unique(dataset.items)
    _check_scale(dataset)
    for name in splits:
        if not dataset.split(name):
            raise BadData(f"data set {dataset.name}: no image in the split {name}; this run needs {', '.join(splits)}")
    if not dataset.mos_range[1] > dataset.mos_range[0]:
        raise BadData(f"data set {dataset.name}: every label is {dataset.mos_range[0]:g}, so there is nothing to learn")
    return dataset


def _look_for_files(items: Sequence[Item]) -> tuple[tuple[Item, ...], list[Item]]:
    """The items, with the paths of files that are there under another spelling; and those without a file."""
    spellings = Spellings()
    found: list[Item] = []
    missing: list[Item] = []
    for item, state in zip(items, states_of([str(item.path) for item in items]), strict=True):
        if state is None and (path := spellings.find(item.path)) is not None:
            found.append(replace(item, path=path))
            is_file = path.is_file()
        else:
            found.append(item)
            is_file = state is not None and stat.S_ISREG(state.st_mode)
        if not is_file:
            missing.append(found[-1])
    return tuple(found), missing


def _check_unique(items: Sequence[Item]) -> None:
    """By name, and by file: `a.jpg` and `./a.jpg` could land in two splits."""
    seen: dict[object, Item] = {}
    for item in items:
        for key in (item.name, (os.path.normpath(item.path), item.recipe)):
            if key in seen:
                raise BadData(f"{item.where}: image {item.name} was named already, in {seen[key].where}")
            seen[key] = item


def _check_scale(dataset: Dataset) -> None:
    if dataset.is_scale_guessed:
        return
    low, high = dataset.mos_range
    margin = BEYOND_SCALE * (high - low)
    for item in dataset.items:
        if not low - margin <= item.mos <= high + margin:
            raise BadData(
                f"{item.where}: the label {item.mos:g} of {item.name} is not on the scale of {dataset.name}, "
                f"{low:g} to {high:g}{_way_out(dataset)}"
            )


def _way_out(dataset: Dataset) -> str:
    """A clause for a user whose labels lie on no known scale."""
    return "; mend it, or give the scale with --scale LOW,HIGH" if dataset.name == "csv" else ""


def check_fills_scale(dataset: Dataset) -> Dataset:
    """Give the data set back if its labels, of all images, spread over its scale.

    Raises:
        BadData: they crowd at one end, so they must be on another scale.
    """
    low, high = dataset.mos_range
    labels = sorted((item.mos, item.where) for item in dataset.items)
    part = (CROWDED if len(labels) >= MANY else CROWDED_IF_FEW) * (high - low)
    if low < high and len(labels) >= FEWEST and (labels[-1][0] <= low + part or labels[0][0] >= high - part):
        (lowest, _), (highest, where) = labels[0], labels[-1]
        raise BadData(
            f"{where}: the labels of {dataset.name} lie between {lowest:g} and {highest:g}, all at one end of its "
            f"scale, {low:g} to {high:g}: they are on another scale{_way_out(dataset)}"
        )
    return dataset
