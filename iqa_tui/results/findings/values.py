"""What the finished runs of a plan can tell: values for the screen, the command, the paper and programs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from iqa_tui.monitor.tuning import Tuning
from iqa_tui.results.intervals.estimates import Difference, Estimate

SHOWN = 0.05
"""A p below this shows a difference, or that a link does not hold."""


class Verdict(StrEnum):
    """Of a hypothesis, or of one of its links."""

    HOLDS = "holds"
    FAILS = "does not hold"
    OPEN = "cannot be told"
    NOT_RUN = "not run yet"


@dataclass(frozen=True, slots=True)
class LinkFinding:
    """One link of a hypothesis."""

    link: str
    """As it is written: `F3 > F1`."""
    verdict: Verdict
    why: str
    """The numbers that it rests on, and for one that cannot be told what would tell."""


@dataclass(frozen=True, slots=True)
class HypothesisFinding:
    """One hypothesis of the plan."""

    id: str
    text: str
    predict: tuple[str, ...]
    measure: str
    verdict: Verdict
    why: str
    """Which links decide it."""
    links: tuple[LinkFinding, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """To one question of the plan."""

    kind: str
    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The cheapest row among those that cannot be told from the best one."""

    id: str | None
    """None: nothing can be recommended."""
    why: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a row costs, and how steadily it was trained. None: not known."""

    id: str
    label: str
    hours: float | None = None
    """Mean over seeds."""
    seconds_a_step: float | None = None
    """Median over the steps, mean over seeds."""
    peak_gpu_gib: float | None = None
    unsteadiness: float | None = None
    """SD of ln(gradient norm) around its running median, geometric mean over seeds; smaller is steadier."""
    spikes: int = 0
    """Steps whose loss lay far above those around it, all seeds together."""
    not_finite: int = 0
    """Steps whose loss was not finite, all seeds together."""
    zero_norms: int = 0
    """Steps whose gradient norm was 0, all seeds together."""
    largest_fall: float | None = None
    """Of the validation SRCC between two epochs, over all seeds."""
    srcc_sd: float | None = None
    """SD over seeds of the test SRCC, or over random splits."""
    splits: int = 1
    """How many random splits that is over."""
    runs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RowTuning:
    """What was tried for a row, and what was chosen."""

    id: str
    label: str
    tuning: Tuning
    """If the runs of the row were tuned more than once, as each random split is: the choice of most, mean scores."""
    words: str
    """`lr 5e-6 of 4`."""
    ways: int = 1
    """How often its runs were tuned."""
    edge: tuple[str, ...] = ()
    """A sentence for each flag whose choice lies at the edge of its grid."""


@dataclass(frozen=True, slots=True)
class Across:
    """The rows of a group against those of another one."""

    group: str
    """The other one."""
    differences: tuple[Difference, ...]
    """Of each row and metric that both have, with Holm's correction by metric."""
    order: tuple[str, ...]
    """Ids by test SRCC, the highest first."""
    other_order: tuple[str, ...]
    """The same ids in the other group."""
    is_other_code: bool = False
    """The two were trained by different trainer code."""


@dataclass(frozen=True, slots=True)
class Findings:
    """All that is said of one table."""

    title: str
    group: str
    baseline: str
    rows: tuple[Estimate, ...]
    """Of each row and metric."""
    differences: tuple[Difference, ...]
    """To the baseline, of each other row and metric, with Holm's correction by metric."""
    evidence: tuple[Evidence, ...]
    hypotheses: tuple[HypothesisFinding, ...]
    questions: tuple[Answer, ...]
    recommendation: Recommendation
    limits: tuple[str, ...]
    """What the numbers cannot say, a sentence each."""
    resamples: int
    tunings: tuple[RowTuning, ...] = ()
    """Of the rows that were tuned."""
    across: Across | None = None
    """Against another group, if that was asked for."""

    def estimate(self, row_id: str, metric: str) -> Estimate | None:
        """None if the table has no such row, or the metric was not measured."""
        return next((each for each in self.rows if (each.id, each.metric) == (row_id, metric)), None)

    def difference(self, row_id: str, metric: str) -> Difference | None:
        """To the baseline; None for the baseline itself, and without one."""
        return next((each for each in self.differences if (each.id, each.metric) == (row_id, metric)), None)
