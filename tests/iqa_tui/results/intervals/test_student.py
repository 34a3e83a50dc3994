"""t, Welch and Satterthwaite, and Holm's correction."""

from __future__ import annotations

import pytest
from scipy import stats

from iqa_tui.results.intervals.student import Part, detectable, half_width, holm, quantile, together, two_sided_p


def test_quantiles_and_p_are_those_of_scipy() -> None:
    assert quantile(0.975, 2) == pytest.approx(4.302653, abs=1e-6)
    assert half_width(0.9, 2.0, 7.5) == pytest.approx(2 * stats.t.ppf(0.95, 7.5))
    assert two_sided_p(-1.5, 0.5, 4.2) == pytest.approx(2 * stats.t.sf(3, 4.2))


def test_what_is_detectable_is_found_in_four_of_five_tries() -> None:
    smallest = detectable(1.0, 1e6)
    assert stats.norm.sf(stats.norm.ppf(0.975) - smallest) == pytest.approx(0.8, abs=1e-3)


def test_two_samples_give_the_degrees_of_freedom_of_welch() -> None:
    a, b = [1.0, 2.0, 4.0, 9.0], [3.0, 3.5, 3.9]
    parts = [Part(stats.sem(values) ** 2, len(values) - 1) for values in (a, b)]
    theirs = stats.ttest_ind(a, b, equal_var=False)
    assert together(parts)[1] == pytest.approx(theirs.df)


def test_a_part_that_is_0_leaves_the_degrees_of_freedom_of_the_other() -> None:
    assert together([Part(0.0, 500), Part(4.0, 2)]) == (2.0, pytest.approx(2.0))
    assert together([Part(0.0, 500), Part(0.0, 2)]) == (0.0, None)
    assert together([]) == (0.0, None)


def test_holm_multiplies_the_smallest_by_the_number_of_all() -> None:
    assert holm([0.04, None, 0.01, 0.03]) == [pytest.approx(0.06), None, pytest.approx(0.03), pytest.approx(0.06)]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([None]) == [None]
