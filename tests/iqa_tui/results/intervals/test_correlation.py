"""The metrics are those of scipy and of the trainer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from iqa_tui.results.intervals.correlation import dense_ranks, mid_ranks, plcc, rmse, srcc
from iqa_tui.results.intervals.logistic import fitted
from training import metrics

RNG = np.random.default_rng(3)
MOS = np.round(RNG.uniform(1, 5, 150), 1)
PRED = np.round(MOS * 3 + RNG.normal(size=150), 1)


def test_they_are_those_of_scipy_with_ties() -> None:
    assert srcc(PRED, MOS) == pytest.approx(stats.spearmanr(PRED, MOS).statistic, abs=1e-12)
    assert plcc(PRED, MOS) == pytest.approx(stats.pearsonr(PRED, MOS).statistic, abs=1e-12)
    assert mid_ranks(PRED).tolist() == stats.rankdata(PRED).tolist()
    assert dense_ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [2, 0, 2, 1]


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e300])
def test_they_are_those_of_the_trainer_at_any_scale(scale: float) -> None:
    assert srcc(PRED * scale, MOS) == pytest.approx(metrics.srcc(PRED * scale, MOS), abs=1e-12)
    assert plcc(PRED * scale, MOS) == pytest.approx(metrics.plcc(PRED * scale, MOS), abs=1e-12)
    assert rmse(PRED * scale, MOS) == pytest.approx(metrics.rmse(PRED * scale, MOS), rel=1e-12)


def test_the_fit_is_the_trainers() -> None:
    assert fitted(PRED, MOS) == pytest.approx(metrics.fit_logistic(PRED, MOS)[0], rel=1e-9)


def test_so_is_what_it_does_if_the_fit_does_not_converge() -> None:
    chance = np.random.default_rng(0)
    notes = []
    for _ in range(10):
        mos = chance.normal(3, 0.5, 200)
        pred = mos + chance.normal(0, 0.3, 200)
        expected, note = metrics.fit_logistic(pred, mos)
        assert fitted(pred, mos) == pytest.approx(expected, rel=1e-9)
        notes.append(note)
    assert "" in notes
    assert any("straight line" in note for note in notes)


def test_without_a_fit_predictions_stay_as_they_are() -> None:
    constant = np.ones(150)
    assert fitted(constant, MOS) is constant
    assert fitted(PRED[:3], MOS[:3]).tolist() == PRED[:3].tolist()


@pytest.mark.parametrize(
    ("pred", "mos"), [(np.ones(5), np.arange(5.0)), (np.arange(5.0), np.ones(5)), (MOS[:1], MOS[:1])]
)
def test_what_is_constant_or_alone_has_no_correlation(pred: np.ndarray, mos: np.ndarray) -> None:
    assert srcc(pred, mos) is None
    assert plcc(pred, mos) is None


def test_no_images_have_no_error() -> None:
    assert rmse(MOS[:0], MOS[:0]) is None
