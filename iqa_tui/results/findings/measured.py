"""A table as hypotheses and questions ask it: by the measures that a plan names, rows by their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from iqa_tui.plans.hypotheses import CORRELATIONS
from iqa_tui.results.intervals.estimates import Difference, Estimate
from iqa_tui.results.intervals.table import MeasuredTable

LN_STABILITY = "ln_stability"
ONE_SEED_STABILITY = "steadiness is compared over two seeds or more that both rows have"


@dataclass(frozen=True, slots=True)
class Asked:
    """What judges and answers may ask."""

    table: MeasuredTable
    labels: Mapping[str, str]
    """Id of each row of the plan to its name for people."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the rows of the table, in its order."""
        return tuple(row.id for row in self.table.rows)

    def name(self, row_id: str) -> str:
        """`SRCC (F3)`."""
        label = self.labels.get(row_id, "")
        return f"{label} ({row_id})" if label and label != row_id else row_id

    def not_run(self, row_ids: Sequence[str]) -> list[str]:
        """Those without a finished run and without a recorded number."""
        known = {row.id for row in self.table.rows if row.runs or row.recorded}
        return [row_id for row_id in row_ids if row_id not in known]

    def estimate(self, row_id: str, measure: str) -> Estimate:
        """Of a row that is in the table."""
        return self.table.estimate(row_id, measure)

    def difference(self, left: Sequence[str], right: Sequence[str], measure: str) -> Difference:
        """The mean of some rows minus the mean of others.

        For stability: of ln unsteadiness, the other way round, so that above 0 the left ones are steadier.
        """
        if measure != "stability":
            return self.table.contrast(left, right, measure)
        found = self.table.contrast(right, left, LN_STABILITY)
        return replace(found, id="+".join(left), baseline="+".join(right))

    def rank(self, measure: str, among: Sequence[str] = ()) -> tuple[str | None, tuple[Difference, ...]]:
        """The best row and every other one's difference to it, with Holm's correction.

        Returns:
            (None, ()) if no row has a value.
        """
        metric = LN_STABILITY if measure == "stability" else measure
        chosen = tuple(among) or self.ids
        rows = tuple(row for row in self.table.rows if row.id in chosen and row.runs and not row.is_elsewhere)
        table = replace(self.table, rows=rows)
        return table.best(metric, chosen), table.against_best(metric, chosen)


def is_higher_better(measure: str) -> bool:
    """False for RMSE, hours and unsteadiness."""
    return measure in CORRELATIONS or measure == "plcc_fitted"
