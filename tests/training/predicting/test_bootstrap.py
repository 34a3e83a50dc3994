"""Percentile intervals over resampled images."""

import numpy as np
import pytest

from training.metrics import rmse, srcc
from training.predicting import bootstrap
from training.predicting.bootstrap import interval, words_of_units

DRAW = np.random.default_rng(5)
MOS = DRAW.normal(size=200)
PRED = MOS + DRAW.normal(size=200)


def mean(pred, _mos):
    return float(pred.mean())


def test_the_interval_of_a_mean_is_that_of_the_normal_approximation():
    low, high = interval(mean, PRED, MOS, None)
    half = 1.96 * PRED.std() / np.sqrt(len(PRED))
    assert (low, high) == pytest.approx((PRED.mean() - half, PRED.mean() + half), abs=0.2 * half)
    assert interval(mean, PRED, MOS, None) == (low, high)


def test_every_metric_sees_the_same_resamples():
    seen = {"srcc": [], "rmse": []}
    for metric in (srcc, rmse):
        interval(lambda pred, mos, kind=metric: seen[kind.__name__].append(pred.sum()) or 0.0, PRED, MOS, None)
    assert seen["srcc"] == seen["rmse"]
    assert len(set(seen["srcc"])) > 900


def test_whole_groups_are_drawn_so_equal_images_do_not_narrow_the_interval():
    low, high = interval(mean, PRED, MOS, None)
    four = np.repeat(PRED, 4), np.repeat(MOS, 4)
    as_one = interval(mean, *four, [f"photo {number // 4}" for number in range(800)])
    as_many = interval(mean, *four, None)
    assert as_one[1] - as_one[0] == pytest.approx(high - low, rel=0.1)
    assert as_many[1] - as_many[0] < 0.6 * (high - low)


def test_too_few_units_or_an_undefined_metric_have_no_interval(monkeypatch):
    assert interval(mean, PRED[:1], MOS[:1], None) is None
    assert interval(mean, PRED[:0], MOS[:0], None) is None
    assert interval(mean, PRED, MOS, ["one photo"] * 200) is None
    assert interval(srcc, PRED[:2], MOS[:2], None) is None  # half of the resamples are one image twice
    monkeypatch.setattr(bootstrap, "MOST_UNDEFINED", 0.6)
    assert interval(srcc, PRED[:2], MOS[:2], None) is not None


def test_the_words_name_what_is_drawn():
    assert words_of_units(None, 2015).endswith("bootstrap resamples of the 2,015 images")
    assert words_of_units(["a", "b", "a"], 3).endswith("bootstrap resamples of the 2 groups of images")
