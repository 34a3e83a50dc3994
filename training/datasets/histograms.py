"""Histograms of opinions: the columns that hold them, and where each answer lies on the scale of the labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from training.datasets.base import Dataset
from training.errors import BadData

LEAST_CORRELATION = 0.8
"""Of mean answers and labels: below it the columns count something else, or begin at the other end of the scale."""


def answer_columns(count: int) -> tuple[str, ...]:
    """c1, c2, … of a label file."""
    return tuple(f"c{number}" for number in range(1, count + 1))


def check_answer_columns(path: Path, there: Iterable[str], columns: Sequence[str]) -> None:
    """Refuse a file without these columns, or with one more of them.

    Raises:
        BadData: naming the file, what it needs, and what it has.
    """
    names = {name.casefold() for name in there}
    absent = [column for column in columns if column not in names]
    needed = f"--loss_type emd needs the columns {columns[0]} to {columns[-1]}, how many people gave each answer"
    if absent:
        raise BadData(
            f"{path}: no column {absent[0]}; {needed}, from that with the lowest label on. A mean and a spread do not "
            "say it. If there are more or fewer answers, give --answers N"
        )
    if (more := f"c{len(columns) + 1}") in names:
        raise BadData(f"{path}: there is a column {more} too; {needed}. If {more} is one of them, give --answers N")


def with_answers(dataset: Dataset, count: int) -> Dataset:
    """The data set with the place of each answer on its label scale, by least squares over the training images.

    The label of an image need not be its mean answer: KonIQ-10k's are rescaled scores, a label may be on 0 to 100.

    Args:
        dataset: with all its training images.
        count: how many answers its histograms must have.

    Raises:
        BadData: a training image has no histogram, or the labels do not rise with the mean answers; names the file.
    """
    items = dataset.split("train")
    for item in items:
        if item.histogram is None or len(item.histogram) != count:
            found = "none" if item.histogram is None else f"{len(item.histogram)} answers"
            raise BadData(
                f"{item.where}: no histogram of the opinions on {item.name} ({found}); --loss_type emd needs how many "
                f"people gave each of {count} answers, in the columns c1 to c{count}"
            )
    means = np.array([np.dot(item.histogram or (), np.arange(count)) for item in items])
    labels = np.array([item.mos for item in items])
    if not len(items) or np.ptp(means) == 0 or np.ptp(labels) == 0:
        raise BadData(f"data set {dataset.name}: all training images have one mean answer or one label")
    correlation = float(np.corrcoef(means, labels)[0, 1])
    if correlation < LEAST_CORRELATION:
        where = items[0].where.rpartition(",")[0] or items[0].where
        raise BadData(
            f"{where}: the labels do not follow the mean answers of c1 to c{count} (correlation {correlation:.2f} over "
            f"{len(items):,} training images): c1 must count the answers at the low end of the label scale"
        )
    slope, first = (float(value) for value in np.polyfit(means, labels, 1))
    return replace(dataset, answers=tuple(first + slope * number for number in range(count)))
