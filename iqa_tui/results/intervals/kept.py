"""Tables that were measured are kept by the content of their scores: the same scores are not resampled twice."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Sequence

from iqa_tui.results.intervals.cancelling import SILENT, Observer
from iqa_tui.results.intervals.resampling import USUAL, Resampling
from iqa_tui.results.intervals.scores import RowScores, RunScores
from iqa_tui.results.intervals.table import MeasuredTable, measure_rows

MOST_TABLES = 4
"""A table of 15 runs holds about 6 MB."""

_tables: OrderedDict[str, MeasuredTable] = OrderedDict()
_lock = threading.Lock()


def kept_table(
    rows: Sequence[RowScores],
    metrics: Sequence[str],
    resampling: Resampling = USUAL,
    observer: Observer = SILENT,
) -> MeasuredTable:
    """As `measure_rows`, at once if these very scores were measured before. For any thread.

    Raises:
        ValueError: two rows have one id.
        Cancelled: asked to stop.
    """
    key = content_key(rows, metrics, resampling)
    with _lock:
        if key in _tables:
            _tables.move_to_end(key)
            return _tables[key]
    table = measure_rows(rows, metrics, resampling, observer)
    with _lock:
        _tables[key] = table
        while len(_tables) > MOST_TABLES:
            _tables.popitem(last=False)
    return table


def content_key(rows: Sequence[RowScores], metrics: Sequence[str], resampling: Resampling) -> str:
    """The same for the same scores, wherever they were read from."""
    digest = hashlib.sha256(repr((tuple(metrics), resampling)).encode())
    for row in rows:
        facts = (
            row.id,
            row.dataset,
            row.protocol,
            row.is_demo,
            row.is_elsewhere,
            sorted(row.recorded.items()),
            len(row.runs),
        )
        digest.update(repr(facts).encode())
        for run in row.runs:
            _add(digest, run)
    return digest.hexdigest()


def _add(digest: hashlib._Hash, run: RunScores) -> None:
    facts = (run.seed, run.split, run.train_images, run.problem, sorted(run.numbers.items()), run.images, run.groups)
    digest.update(repr(facts).encode())
    for scores in (run.mos, run.predictions, run.calibrated):
        digest.update(b"-" if scores is None else scores.tobytes())
    for part in run.parts:
        digest.update(part.part_of.encode())
        _add(digest, part)
