"""A table's metrics with their intervals, and any difference between its rows.

`measure_rows` takes a second or so, in a thread; all that is asked of what it returns takes a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from iqa_tui.results.intervals.cancelling import SILENT, Observer
from iqa_tui.results.intervals.comparing import compared, estimated
from iqa_tui.results.intervals.correlation import LOWER_IS_BETTER
from iqa_tui.results.intervals.estimates import Difference, Estimate
from iqa_tui.results.intervals.measuring import MeasuredRun, measure
from iqa_tui.results.intervals.mixing import Joiner, taken_apart
from iqa_tui.results.intervals.resampling import USUAL, Resampling
from iqa_tui.results.intervals.scores import RowScores
from iqa_tui.results.intervals.student import holm


@dataclass(frozen=True, slots=True, eq=False)
class MeasuredTable:
    """Rows whose runs were resampled together."""

    rows: tuple[RowScores, ...]
    resamples: int
    runs: dict[str, list[MeasuredRun]]
    """Id of a row to its runs."""

    def estimate(self, row_id: str, metric: str) -> Estimate:
        """A metric of one row, with its interval.

        Raises:
            KeyError: no such row.
        """
        return estimated(self._row(row_id), self.runs[row_id], metric)

    def difference(self, row_id: str, baseline: str, metric: str) -> Difference:
        """The first row minus the second one.

        Raises:
            KeyError: no such row.
        """
        return self.contrast((row_id,), (baseline,), metric)

    def contrast(self, row_ids: Sequence[str], baselines: Sequence[str], metric: str) -> Difference:
        """The mean of some rows minus the mean of others, over the seeds that all of them have.

        Raises:
            KeyError: no such row.
        """
        sides = [[(self._row(each), self.runs[each]) for each in ids] for ids in (row_ids, baselines)]
        return compared(sides[0], sides[1], metric)

    def differences(self, baseline: str, metric: str) -> tuple[Difference, ...]:
        """Of every other row to the baseline, in the order of the rows, with Holm's correction over all of them."""
        found = [self.difference(row.id, baseline, metric) for row in self.rows if row.id != baseline]
        adjusted = holm([each.p for each in found])
        return tuple(replace(each, p_holm=p) for each, p in zip(found, adjusted, strict=True))

    def best(self, metric: str, among: Sequence[str] | None = None) -> str | None:
        """Id of the row with the best value, the first of equal ones; recorded rows do not count.

        Args:
            metric: higher is better, but for RMSE, hours and `ln_stability`.
            among: ids that may be the best; None: all.

        Returns:
            None if no row has a value.
        """
        sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
        values = [
            (sign * value, row.id)
            for row in self.rows
            if row.runs and not row.is_elsewhere and (among is None or row.id in among)
            if (value := self.estimate(row.id, metric).value) is not None
        ]
        return max(values, key=lambda pair: pair[0])[1] if values else None

    def against_best(self, metric: str, among: Sequence[str] | None = None) -> tuple[Difference, ...]:
        """Of every other row to the best one, with Holm's correction over all of them; () if no row has a value."""
        best = self.best(metric, among)
        return () if best is None else self.differences(best, metric)

    def _row(self, row_id: str) -> RowScores:
        for row in self.rows:
            if row.id == row_id:
                return row
        raise KeyError(row_id)


def measure_rows(
    rows: Sequence[RowScores],
    metrics: Sequence[str] = ("srcc", "plcc", "krcc", "rmse"),
    resampling: Resampling = USUAL,
    observer: Observer = SILENT,
) -> MeasuredTable:
    """Resample the test images for all rows together.

    Args:
        rows: of one table.
        metrics: of `IMAGE_METRICS`. Numbers of a run, such as hours, need not be named.
        resampling: how often images are drawn, and from which seed.
        observer: told of the progress; may stop the work.

    Raises:
        ValueError: two rows have one id.
        Cancelled: asked to stop.
    """
    if len({row.id for row in rows}) < len(rows):
        raise ValueError(f"two rows have one id: {', '.join(row.id for row in rows)}")
    parts, joiner = measure(taken_apart(rows), metrics, resampling, observer), Joiner()
    measured = {row.id: joiner.joined(row, parts[row.id]) for row in rows}
    return MeasuredTable(tuple(rows), resampling.resamples, measured)
