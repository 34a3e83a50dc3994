"""Rows of one group against the rows of the same ids in another group of the folder, such as tuned against untuned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from iqa_tui.monitor.listing import ListedRun
from iqa_tui.results.findings.values import Across
from iqa_tui.results.intervals.cancelling import SILENT, Observer
from iqa_tui.results.intervals.estimates import Difference
from iqa_tui.results.intervals.kept import kept_table
from iqa_tui.results.intervals.resampling import USUAL, Resampling
from iqa_tui.results.intervals.score_files import table_scores
from iqa_tui.results.intervals.scores import RowScores
from iqa_tui.results.intervals.student import holm
from iqa_tui.results.intervals.table import MeasuredTable
from iqa_tui.results.table import Table

METRICS = ("srcc", "plcc")
Side = tuple[Table, Sequence[ListedRun]]
"""A table, and the runs of the folder, at least those that it counts."""


def across_groups(own: Side, other: Side, resampling: Resampling = USUAL, observer: Observer = SILENT) -> Across:
    """Each row that both tables have results of, the first less the second, paired by image and by seed.

    Holm's correction is over the rows, by metric. Recorded rows are left out.

    Raises:
        Cancelled: asked to stop.
    """
    sides = [_launched(side) for side in (own, other)]
    marked = [[replace(row, id=_marked(row.id, place)) for row in rows] for place, rows in enumerate(sides)]
    measured = kept_table([row for rows in marked for row in rows], METRICS, resampling, observer)
    theirs = {row.id for row in sides[1]}
    shared = [row.id for row in sides[0] if row.id in theirs]
    return Across(
        group=other[0].group,
        differences=tuple(each for metric in METRICS for each in _differences(measured, shared, metric)),
        order=_order(measured, shared, 0),
        other_order=_order(measured, shared, 1),
        is_other_code=_codes(own[1]) != _codes(other[1]),
    )


def _launched(side: Side) -> list[RowScores]:
    table, entries = side
    rows = table_scores(table.rows, [entry for entry in entries if entry.has_scores])
    return [row for row in rows if row.runs and not row.is_elsewhere]


def _marked(row_id: str, place: int) -> str:
    return f"{place} {row_id}"


def _differences(measured: MeasuredTable, shared: Sequence[str], metric: str) -> list[Difference]:
    found = [measured.difference(_marked(row_id, 0), _marked(row_id, 1), metric) for row_id in shared]
    corrected = holm([each.p for each in found])
    return [
        replace(each, id=row_id, baseline=row_id, p_holm=p)
        for each, row_id, p in zip(found, shared, corrected, strict=True)
    ]


def _order(measured: MeasuredTable, shared: Sequence[str], place: int) -> tuple[str, ...]:
    """By test SRCC, the highest first; rows without it are left out."""
    values = {row_id: measured.estimate(_marked(row_id, place), "srcc").value for row_id in shared}
    known = {row_id: value for row_id, value in values.items() if value is not None}
    return tuple(sorted(known, key=lambda row_id: -known[row_id]))


def _codes(entries: Sequence[ListedRun]) -> set[str]:
    return {entry.result.source_digest for entry in entries if entry.result is not None}
