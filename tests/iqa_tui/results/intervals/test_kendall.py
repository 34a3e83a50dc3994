"""KRCC and its jackknife are those of scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from iqa_tui.results.intervals import kendall as module
from iqa_tui.results.intervals.cancelling import SILENT, Steps
from iqa_tui.results.intervals.kendall import kendall

RNG = np.random.default_rng(7)
MOS = np.round(RNG.normal(size=60), 1)
PRED = np.round(MOS + RNG.normal(size=60), 1)
IN_GROUPS = np.unique(RNG.integers(0, 9, 60), return_inverse=True)[1]


@pytest.mark.parametrize("units", [np.arange(60), IN_GROUPS], ids=["images", "groups"])
def test_each_value_without_a_unit_is_that_of_scipy(units: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAIRS_AT_ONCE", 60 * 7)
    found = kendall(PRED, MOS, units, Steps(SILENT, 1))
    assert found.value == pytest.approx(stats.kendalltau(PRED, MOS).statistic, abs=1e-12)
    assert found.without is not None
    for unit, value in enumerate(found.without):
        left = units != unit
        assert value == pytest.approx(stats.kendalltau(PRED[left], MOS[left]).statistic, abs=1e-12)


def test_constant_predictions_have_no_value() -> None:
    found = kendall(np.ones(60), MOS, np.arange(60), Steps(SILENT, 1))
    assert (found.value, found.without) == (None, None)


def test_too_many_images_for_all_pairs_have_a_value_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_IMAGES", 50)
    found = kendall(PRED, MOS, np.arange(60), Steps(SILENT, 1))
    assert found.value == pytest.approx(stats.kendalltau(PRED, MOS).statistic)
    assert found.without is None
