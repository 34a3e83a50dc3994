"""Each form of a prediction holds, does not hold, or cannot be told, by numbers that are known beforehand."""

from __future__ import annotations

import math

import pytest

from iqa_tui.plans.hypotheses import Hypothesis, Link, Range, Sign
from iqa_tui.results.findings.measured import LN_STABILITY, Asked
from iqa_tui.results.findings.values import HypothesisFinding, Verdict
from iqa_tui.results.findings.verdicts import judge
from iqa_tui.results.intervals.scores import RowScores, RunScores
from iqa_tui.results.intervals.table import measure_rows
from tests.fakes.scored import Scored

HOLDS, FAILS, OPEN, NOT_RUN = Verdict.HOLDS, Verdict.FAILS, Verdict.OPEN, Verdict.NOT_RUN
SEEDS = (1, 2, 3, 4, 5)


def by_hours(**rows: list[float]) -> Asked:
    """Rows by numbers of a run alone, so that the intervals are those of a t test over seeds."""
    scores = [
        RowScores(row, tuple(RunScores(seed, numbers={"hours": h}) for seed, h in zip(SEEDS, values, strict=False)))
        for row, values in rows.items()
    ]
    return Asked(measure_rows(scores), {})


def found(asked: Asked, *links: Link | Range, measure: str = "hours", margin: float | None = None) -> HypothesisFinding:
    return judge(Hypothesis("H1", "", tuple(map(str, links)), links, measure, margin), asked)


def verdict(asked: Asked, link: Link | Range, margin: float | None = None) -> Verdict:
    return found(asked, link, margin=margin).verdict


ABOVE = {"A": [1.0, 1.1, 0.9, 1.0, 1.05], "B": [2.0, 2.1, 1.9, 2.05, 2.0]}
CLOSE = {"A": [1.0, 1.2, 0.9, 1.0, 1.1], "B": [1.1, 1.1, 1.1, 0.9, 1.2]}


@pytest.mark.parametrize(
    ("rows", "left", "sign", "right", "expected"),
    [
        (ABOVE, "B", Sign.ABOVE, "A", HOLDS),
        (ABOVE, "A", Sign.BELOW, "B", HOLDS),
        (ABOVE, "A", Sign.ABOVE, "B", FAILS),
        (ABOVE, "B", Sign.BELOW, "A", FAILS),
        (CLOSE, "A", Sign.ABOVE, "B", OPEN),
        (CLOSE, "B", Sign.ABOVE, "A", OPEN),
    ],
)
def test_an_order_is_judged_by_the_interval_of_the_difference(
    rows: dict[str, list[float]], left: str, sign: Sign, right: str, expected: Verdict
) -> None:
    assert verdict(by_hours(**rows), Link(left, sign, right)) is expected


@pytest.mark.parametrize(("margin", "expected"), [(1.2, HOLDS), (0.5, FAILS), (1.0, OPEN)])
def test_alike_holds_within_the_margin_and_fails_beyond_it(margin: float, expected: Verdict) -> None:
    assert verdict(by_hours(**ABOVE), Link("A", Sign.LIKE, "B"), margin) is expected


def test_rows_without_any_difference_are_alike_and_neither_is_above() -> None:
    asked = by_hours(A=[1.0, 1.1, 1.2], B=[1.0, 1.1, 1.2])
    assert verdict(asked, Link("A", Sign.LIKE, "B"), 0.01) is HOLDS
    told = found(asked, Link("A", Sign.ABOVE, "B"))
    assert told.verdict is OPEN
    assert "identical" in told.links[0].why


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (Range("B", "A", 0.5, 1.5), HOLDS),
        (Range("B", "A", 1.0, 1.5), OPEN),
        (Range("B", "A", 1.5, 2.5), FAILS),
        (Range("A", "", 0.5, 1.5), HOLDS),
        (Range("A", "", 1.5, 2.5), FAILS),
        (Range("A", low=0.5), HOLDS),
        (Range("A", low=1.0), OPEN),
        (Range("A", low=1.5), FAILS),
        (Range("A", high=1.5), HOLDS),
        (Range("A", high=0.5), FAILS),
    ],
)
def test_a_number_and_a_difference_lie_within_limits_or_not(link: Range, expected: Verdict) -> None:
    assert verdict(by_hours(**ABOVE), link) is expected


def test_a_correlation_is_tested_against_a_number_as_its_interval_is() -> None:
    asked = Asked(measure_rows([Scored(300).row("A", [0.9, 0.91, 0.9])]), {})
    ends = asked.estimate("A", "srcc").interval()
    assert ends is not None
    for bound, expected in (
        (ends[0] - 1e-6, HOLDS),
        (ends[0] + 1e-6, OPEN),
        (ends[1] - 1e-6, OPEN),
        (ends[1] + 1e-6, FAILS),
    ):
        assert found(asked, Range("A", low=bound), measure="srcc").verdict is expected


def test_a_chain_needs_all_links_and_one_that_fails_decides_it() -> None:
    rows = {"A": [3.0, 3.1, 2.9, 3.0, 3.0], "B": [2.1, 2.0, 1.9, 2.0, 2.05], "C": [1.0, 1.1, 0.95, 1.0, 0.9]}
    asked = by_hours(**rows)
    a_b, b_c, c_b = Link("A", Sign.ABOVE, "B"), Link("B", Sign.ABOVE, "C"), Link("C", Sign.ABOVE, "B")
    assert found(asked, a_b, b_c).verdict is HOLDS
    failed = found(asked, a_b, c_b)
    assert (failed.verdict, failed.why) == (FAILS, "C > B does not hold")
    assert [link.verdict for link in failed.links] == [HOLDS, FAILS]


def test_that_a_link_fails_is_corrected_for_the_number_of_links_and_that_it_holds_is_not() -> None:
    """A − B has p of about 0.03: alone it shows that A > B fails; among three links it does not."""
    asked = by_hours(A=[1.0, 1.2, 0.9, 1.0, 1.1], B=[1.3, 1.2, 1.1, 1.1, 1.4])
    p = asked.difference(("A",), ("B",), "hours").p
    assert p is not None
    assert 0.05 / 3 < p < 0.05
    wrong, right = Link("A", Sign.ABOVE, "B"), Link("B", Sign.ABOVE, "A")
    assert found(asked, wrong).verdict is FAILS
    among = found(asked, wrong, Range("A", low=0.0), Range("B", low=0.0)).links[0]
    assert among.verdict is OPEN
    assert "its opposite would be shown if it were the only link (p = 0.0" in among.why
    assert "seeds would show" not in among.why
    assert found(asked, right, Range("A", low=0.0), Range("B", low=0.0)).links[0].verdict is HOLDS


def test_rows_without_a_result_are_named_and_a_link_that_fails_still_decides() -> None:
    asked = by_hours(**ABOVE)
    missing = Link("A", Sign.ABOVE, "Z")
    told = found(asked, missing, Link("B", Sign.ABOVE, "A"))
    assert (told.verdict, told.why) == (NOT_RUN, "Z has no result yet")
    assert told.links[0].why == "Z has no result yet"
    assert found(asked, missing, Link("A", Sign.ABOVE, "B")).verdict is FAILS


def steady(**rows: list[float]) -> Asked:
    scores = [
        RowScores(row, tuple(RunScores(seed, numbers={LN_STABILITY: math.log(sd)}) for seed, sd in enumerate(sds)))
        for row, sds in rows.items()
    ]
    return Asked(measure_rows(scores), {})


def test_steadier_means_a_smaller_sd_and_is_compared_in_ratios() -> None:
    asked = steady(A=[0.10, 0.11, 0.105], B=[0.20, 0.215, 0.21], C=[0.205, 0.21, 0.21])
    assert found(asked, Link("A", Sign.ABOVE, "B"), measure="stability").verdict is HOLDS
    assert found(asked, Link("B", Sign.ABOVE, "A"), measure="stability").verdict is FAILS
    alike = found(asked, Link("B", Sign.LIKE, "C"), measure="stability", margin=math.log(1.25))
    assert alike.verdict is HOLDS
    assert "within a ratio of 1.25" in alike.links[0].why
    assert "unsteadiness of B / A = 1.98" in found(asked, Link("A", Sign.ABOVE, "B"), measure="stability").links[0].why


def test_with_one_seed_the_steadiness_is_shown_and_not_judged() -> None:
    told = found(steady(A=[0.1], B=[0.3]), Link("A", Sign.ABOVE, "B"), measure="stability")
    assert told.verdict is OPEN
    assert "unsteadiness of B / A = 3.00" in told.links[0].why
    assert "over two seeds or more" in told.links[0].why


def test_what_cannot_be_told_comes_with_what_would_tell() -> None:
    assert "about " in found(by_hours(**CLOSE), Link("A", Sign.ABOVE, "B")).links[0].why
    assert "seeds would show a difference of this size" in found(by_hours(**CLOSE), Link("A", Sign.ABOVE, "B")).why
