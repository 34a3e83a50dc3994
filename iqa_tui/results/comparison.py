"""Rows compared with each other: the difference to the baseline, and the best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from iqa_tui.results.row import Row
from iqa_tui.results.tuning import tuning_note


def with_deltas(rows: list[Row], baseline: str | None) -> list[Row]:
    """Differences to the baseline's own run, or to its recorded row until it has one."""
    candidates = [row for row in rows if row.id == baseline and row.srcc is not None]
    if not candidates:
        return rows
    base = min(candidates, key=lambda row: row.recorded)
    return [row if row is base else _with_delta(row, base) for row in rows]


def _with_delta(row: Row, base: Row) -> Row:
    if row.srcc is None or base.srcc is None:
        return row
    notes = [tuning_note(row, base)]
    if row.protocol != base.protocol:
        notes.insert(0, f"difference across protocols ({row.protocol or 'unknown'} − {base.protocol or 'unknown'})")
    if are_of_several_data_sets([row, base]):
        notes.insert(0, f"difference across data sets ({row.dataset} − {base.dataset})")
    return replace(row, delta_srcc=row.srcc - base.srcc, delta_note="; ".join(filter(None, notes)))


def are_of_several_data_sets(rows: Sequence[Row]) -> bool:
    """Scores on different test images do not say which row is better."""
    return len({row.dataset for row in rows if row.dataset}) > 1


def with_best(rows: list[Row], protocols: tuple[str, ...]) -> list[Row]:
    """Mark the best among the rows that may be compared: those of the table's protocol, if all are of one data set."""
    comparable = [row for row in rows if row.protocol in protocols[:1]]
    if are_of_several_data_sets(comparable):
        return rows
    best_srcc = max((row.srcc for row in comparable if row.srcc is not None), default=None)
    best_plcc = max((row.plcc for row in comparable if row.plcc is not None), default=None)
    return [
        replace(
            row,
            best_srcc=row in comparable and row.srcc is not None and row.srcc == best_srcc,
            best_plcc=row in comparable and row.plcc is not None and row.plcc == best_plcc,
        )
        for row in rows
    ]
