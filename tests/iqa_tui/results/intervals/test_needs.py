"""How many seeds or images would show a difference."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from iqa_tui.results.findings.wording import needs_words
from iqa_tui.results.intervals.estimates import Difference
from iqa_tui.results.intervals.needs import Needs, detectable_over_splits, detectable_with, seeds_needed


def difference(value: float, se_images: float, se_seeds: float | None, seeds: int = 3) -> Difference:
    return Difference(
        "F2", "F1", "srcc", value, 1.0, se_images, se_seeds, 3.0, seeds=tuple(range(seeds)), images=500, units=500
    )


def test_as_many_seeds_as_make_it_detectable() -> None:
    found = seeds_needed(difference(0.004, 0.0005, 0.002))
    assert found.images is None
    assert found.seeds is not None
    sd = 0.002 * math.sqrt(3)
    at, before = (detectable_with(sd, 0.0005, seeds, 500) for seeds in (found.seeds, found.seeds - 1))
    assert at is not None
    assert before is not None
    assert at <= 0.004 < before


def test_if_images_alone_hide_it_no_seeds_would_show_it_but_images() -> None:
    found = seeds_needed(difference(0.002, 0.001, 0.0001))
    factor = ((stats.t.ppf(0.975, 499) + stats.t.ppf(0.8, 499)) * 0.001 / 0.002) ** 2
    assert found == Needs(images=math.ceil(500 * factor))


def test_without_a_size_a_spread_of_seeds_or_an_interval_it_cannot_be_told() -> None:
    assert seeds_needed(difference(0.0, 0.0005, 0.002)) == Needs()
    assert seeds_needed(difference(0.004, 0.0005, None, seeds=1)) == Needs()
    assert seeds_needed(Difference("F2", "F1", "srcc", 0.004)) == Needs()
    assert seeds_needed(difference(0.0, 0.0005, 0.002), size=0.01).seeds is not None


def test_the_plan_of_one_seed_shows_nothing() -> None:
    assert detectable_with(0.003, 0.001, 1, 500) is None
    assert detectable_with(0.0, 0.0, 3, 500) == 0.0
    three, five = (detectable_with(0.003, 0.001, seeds, 500) for seeds in (3, 5))
    assert three == pytest.approx(0.0082, abs=0.002)
    assert five is not None
    assert three is not None
    assert five < three


def over_splits(value: float, se: float, share: float | None = 2 / 7) -> Difference:
    return Difference(
        "F2", "F1", "srcc", value, se, None, se, 9.0, seeds=(1,), images=200, units=200, splits=10, test_share=share
    )


def test_over_random_splits_splits_are_asked_for_and_not_seeds() -> None:
    found = seeds_needed(over_splits(0.02, 0.008))
    assert found.seeds is None
    assert found.splits is not None
    assert found.splits > 10
    sd = 0.008 / math.sqrt(1 / 10 + 2 / 7)
    at, before = (detectable_over_splits((sd, 0.0), 1, splits, 2 / 7) for splits in (found.splits, found.splits - 1))
    assert at is not None
    assert before is not None
    assert at <= 0.02 < before
    assert needs_words(found).startswith(f"about {found.splits} random splits would show")


def test_since_training_images_overlap_no_number_of_splits_shows_a_small_difference() -> None:
    found = seeds_needed(over_splits(0.002, 0.008))
    assert found == Needs(splits=0)
    assert needs_words(found) == "no number of random splits would show a difference of this size"
    assert seeds_needed(over_splits(0.02, 0.008, share=None)) == Needs()
