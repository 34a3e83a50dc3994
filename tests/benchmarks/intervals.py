"""Intervals of a whole table: processor seconds, memory, and a resample against that of scipy's bootstrap."""

from __future__ import annotations

import time

from scipy import stats

from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.intervals.table import MeasuredTable, measure_rows
from tests.benchmarks.figure import report, status_bytes
from tests.fakes.scored import Scored

IMAGES = 2_015
"""Of KonIQ-10k's test split."""
ROWS, SEEDS = 5, 3
RESAMPLES = 10_000
PLAIN_RESAMPLES = 200
OF_EVERY_PAIR = [(f"F{row}", f"F{other}") for row in range(ROWS) for other in range(row)]


def main() -> None:
    scored = Scored(IMAGES)
    rows = [scored.row(f"F{number}", [0.93 + 0.002 * number] * SEEDS) for number in range(ROWS)]
    measure_rows(rows[:1], ["srcc", "plcc"], Resampling(10))  # scipy is loaded
    held = status_bytes("VmRSS")
    start = time.process_time()
    table = measure_rows(rows, ["srcc", "plcc"], Resampling(RESAMPLES))
    seconds = time.process_time() - start
    size = f"{ROWS} rows of {SEEDS} seeds, {IMAGES:,} images, {RESAMPLES:,} resamples, SRCC and PLCC"
    report("intervals of a table", seconds, "s of processor", size, at_most=4.0)
    more = (status_bytes("VmHWM") - held) / 1e6
    report("intervals of a table, memory", more, "MB more", size, at_most=300.0)
    asked(table)
    against_scipy(scored, seconds)


def asked(table: MeasuredTable) -> None:
    """All differences of a table that was measured."""
    start = time.process_time()
    for row, other in OF_EVERY_PAIR:
        table.difference(row, other, "srcc")
    each = (time.process_time() - start) / len(OF_EVERY_PAIR)
    report("a difference of a measured table", each * 1000, "ms of processor", f"{RESAMPLES:,} resamples", at_most=5.0)


def against_scipy(scored: Scored, seconds: float) -> None:
    """A resample of one run: in the table, with its PLCC, and by scipy, without."""
    pred = scored.predictions(0.93)
    start = time.process_time()
    stats.bootstrap(
        (pred, scored.opinions),
        lambda x, y: stats.spearmanr(x, y).statistic,
        n_resamples=PLAIN_RESAMPLES,
        paired=True,
        vectorized=False,
        method="percentile",
    )
    plain = (time.process_time() - start) / PLAIN_RESAMPLES
    ours = seconds / (ROWS * SEEDS * RESAMPLES)
    against = f"scipy.stats.bootstrap with spearmanr, {plain * 1e6:.0f} µs"
    report("a resample of one run of that table", ours / plain, "times", against, at_most=0.05)


if __name__ == "__main__":
    main()
