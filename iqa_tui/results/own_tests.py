"""A row trained on one data set beside rows trained on several: its test stands in the column of theirs on that set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from iqa_tui.monitor.listing import ListedRun
from iqa_tui.results.row import CROSS_METRICS, Row
from training.runfolder.mixed import dataset_names, is_mixed, scores_name


def with_own_tests(rows: Sequence[Row], entries: Sequence[ListedRun]) -> list[Row]:
    """So that a table answers whether the other data sets helped: both were tested on the same images.

    Args:
        rows: of a table.
        entries: its runs.
    """
    trained_on = {entry.run_id: entry.result.dataset for entry in entries if entry.result is not None}
    joined = {name for dataset in trained_on.values() if is_mixed(dataset) for name in dataset_names(dataset)}
    return [_with_own_test(row, {trained_on.get(run_id, "") for run_id in row.run_ids} & joined) for row in rows]


def _with_own_test(row: Row, own: set[str]) -> Row:
    if len(own) != 1:
        return row
    name = scores_name(own.pop(), "test")
    values = {"srcc": (row.srcc, row.srcc_sd), "plcc": (row.plcc, row.plcc_sd)}
    tests = {f"{name}/{metric}": (values[metric][0], values[metric][1]) for metric in CROSS_METRICS}
    known = {key: (mean, sd) for key, (mean, sd) in tests.items() if mean is not None}
    return replace(row, more={**row.more, **known})
