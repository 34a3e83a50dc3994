"""Which columns a table for readers may have, and what each says. The name of the row always comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iqa_tui.errors import PlanError
from iqa_tui.results.row import Row
from iqa_tui.results.table import Table
from iqa_tui.results.values import cross_tests


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column."""

    key: str
    heading: str
    words: str
    """What it says, for a chooser."""
    is_number: bool = True


PLAIN = (
    ResultColumn(
        "srcc", "Test SRCC", "Spearman's rank correlation on the test split, mean and SD over seeds or splits"
    ),
    ResultColumn("srcc_median", "Median SRCC", "of the test SRCC over random splits of the data"),
    ResultColumn("plcc", "Test PLCC", "Pearson's correlation of the raw predictions"),
    ResultColumn("plcc_median", "Median PLCC", "of the test PLCC over random splits of the data"),
    ResultColumn("plcc_fitted", "Test PLCC (fitted)", "Pearson's correlation after the logistic fit"),
    ResultColumn("krcc", "Test KRCC", "Kendall's rank correlation"),
    ResultColumn("rmse", "Test RMSE", "error of calibrated predictions, on the MOS scale"),
    ResultColumn("delta", "Δ SRCC", "test SRCC less the baseline's"),
    ResultColumn("tuned", "Tuned", "values chosen on the validation split, of how many", is_number=False),
    ResultColumn("epoch", "Epoch", "the chosen epoch of each run"),
    ResultColumn("hours", "Time", "of one run, training and evaluation"),
    ResultColumn("gpu", "GPU GiB", "most GPU memory of one run"),
    ResultColumn("status", "Status", "how its runs stand", is_number=False),
    ResultColumn("notes", "Notes", "what a reader must know beside the numbers", is_number=False),
)
MEDIANS = ("srcc_median", "plcc_median")
"""Beside each score if a row has several random splits."""
USUAL = ("srcc", "plcc", "delta", "hours", "status", "notes")
ALL = "all"


def columns_for(table: Table) -> tuple[ResultColumn, ...]:
    """All that this table can have: with the other data sets that its runs were tested on."""
    cross = [
        ResultColumn(key, f"{dataset} {metric.upper()}", _cross_words(dataset, metric))
        for key in cross_tests(table)
        for dataset, _, metric in [key.rpartition("/")]
    ]
    return (*PLAIN[:-2], *cross, *PLAIN[-2:])


def _cross_words(tested: str, metric: str) -> str:
    """`koniq-10k test` is a run's own, if it was trained on several data sets."""
    dataset, _, split = tested.partition(" ")
    of_one = f"{metric.upper()} on the {split} split of {dataset}, one of those that a run was trained on"
    return of_one if split else f"{metric.upper()} on the data set {dataset}"


def chosen_columns(table: Table, keys: Sequence[str] = ()) -> tuple[ResultColumn, ...]:
    """The columns of these keys, in the order given; none: the usual ones; `all`: every one that has a value.

    Raises:
        PlanError: there is no such column.
    """
    there = {column.key: column for column in columns_for(table)}
    if ALL in keys:
        return tuple(column for column in there.values() if any(has_value(row, column.key) for row in table.rows))
    for key in keys:
        if key not in there:
            raise PlanError(f"There is no column {key!r}. Choose from {', '.join(there)}, or {ALL}.")
    return tuple(there[key] for key in dict.fromkeys(keys or usual(table)))


def usual(table: Table) -> tuple[str, ...]:
    """The keys of the columns that a table has if the user chooses none."""
    tuned = ("tuned",) if any(row.is_tuned for row in table.rows) else ()
    medians = [any(has_value(row, key) for row in table.rows) for key in MEDIANS]
    srcc, plcc = (
        ((score, median) if is_there else (score,))
        for score, median, is_there in zip(USUAL, MEDIANS, medians, strict=False)
    )
    return (*srcc, *plcc, *USUAL[2:3], *tuned, *USUAL[3:])


def has_value(row: Row, key: str) -> bool:
    """Whether a row says anything in a column."""
    values = {"delta": row.delta_srcc, "epoch": row.best_epochs, "gpu": row.peak_gpu_gib, "tuned": row.is_tuned}
    if key in values:
        return values[key] not in (None, (), False)
    return key in row.more or getattr(row, key, None) not in (None, "")
