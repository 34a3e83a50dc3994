"""A monotone map from predictions of any scale to the scale of opinions."""

import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from training.calibration import Calibration, calibrate, from_dict

MOS = np.linspace(1, 5, 40)


def test_a_bent_scale_is_straightened_by_the_logistic():
    pred = 100 * np.log((MOS - 0.5) / (5.5 - MOS))  # the inverse of a logistic from 0.5 to 5.5
    found = calibrate(pred, MOS)
    assert found.kind == "logistic"
    np.testing.assert_allclose(found(pred), MOS, atol=1e-3)
    assert found.parameters[:2] == pytest.approx((5.5, 0.5), abs=0.01)


def test_without_a_fit_a_line_is_taken():
    found = calibrate(np.array([-460.0, -300.0, 20.0]), np.array([1.0, 2.0, 4.0]))
    assert found.kind == "linear"
    pred = np.array([-460.0, -300.0, 20.0])
    np.testing.assert_allclose(found(pred), np.polyval(np.polyfit(pred, [1.0, 2.0, 4.0], 1), pred))


@pytest.mark.parametrize(
    ("pred", "mos"),
    [
        ([1.0], [2.0]),
        ([3.0, 3.0, 3.0], [1.0, 2.0, 3.0]),
        ([1.0, 2.0, 3.0], [2.0, 2.0, 2.0]),
        ([3.0, 2.0, 1.0], [1.0, 2.0, 3.0]),
        ([1.0, np.nan, 3.0], [1.0, 2.0, 3.0]),
        ([], []),
    ],
)
def test_without_an_increasing_map_there_is_none(pred, mos):
    assert calibrate(np.array(pred), np.array(mos)) is None


def test_predictions_that_fall_as_opinions_rise_are_not_turned_round():
    assert calibrate(-MOS, MOS) is None


@given(st.lists(st.integers(-1000, 1000), min_size=4, max_size=30, unique=True), st.randoms(use_true_random=False))
def test_the_map_never_changes_the_order(numbers, random):
    pred = np.sort(np.array(numbers, dtype=np.float64))
    mos = np.sort(np.array([random.uniform(1, 5) for _ in numbers]))
    assume(mos[0] < mos[-1])
    found = calibrate(pred, mos)
    assert found is not None
    assert (np.diff(found(pred)) >= 0).all()


def test_what_json_holds_is_what_is_read():
    found = Calibration("linear", (0.5, 1.0))
    assert from_dict(json.loads(json.dumps(found.as_dict()))) == found
    assert from_dict(None) is None


@pytest.mark.parametrize("content", [{}, {"kind": "cubic", "parameters": [1]}, {"kind": "linear", "parameters": [1]}])
def test_what_is_no_calibration_is_refused(content):
    with pytest.raises((KeyError, ValueError)):
        from_dict(content)
