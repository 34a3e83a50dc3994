import numpy as np
import pytest
from scipy import stats

from training import metrics


def test_every_metric_is_scipys():
    draw = np.random.default_rng(1)
    mos = draw.uniform(1, 5, 50)
    pred = mos + draw.normal(0, 0.5, 50)
    found, notes = metrics.all_metrics(pred, mos)
    assert found["srcc"] == pytest.approx(stats.spearmanr(pred, mos).statistic)
    assert found["plcc"] == pytest.approx(stats.pearsonr(pred, mos).statistic)
    assert found["krcc"] == pytest.approx(stats.kendalltau(pred, mos).statistic)
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((pred - mos) ** 2)))
    assert notes == []


def test_the_logistic_fit_undoes_a_bent_scale():
    mos = np.linspace(1, 5, 60)
    bent = 10 * np.log((mos - 0.5) / (5.5 - mos)) - 40
    found, _ = metrics.all_metrics(bent, mos)
    assert found["rmse"] > 10
    assert found["rmse_fitted"] < 0.01
    assert found["plcc_fitted"] > max(found["plcc"], 0.9999)


@pytest.mark.parametrize(
    ("pred", "mos"),
    [([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]), ([1.0, 2.0, 3.0], [2.0, 2.0, 2.0]), ([1.0], [2.0])],
)
def test_correlations_without_meaning_are_none_and_the_error_stands(pred, mos):
    found, notes = metrics.all_metrics(np.array(pred), np.array(mos))
    assert found["srcc"] is found["plcc"] is found["krcc"] is found["plcc_fitted"] is None
    assert found["rmse"] is not None
    assert "no logistic fit" in notes[0]


def test_two_images_have_an_order():
    assert metrics.srcc(np.array([1.0, 2.0]), np.array([5.0, 3.0])) == pytest.approx(-1)


def test_predictions_that_are_not_finite_give_no_metrics_and_a_note():
    found, notes = metrics.all_metrics(np.array([1.0, np.nan, 2.0]), np.array([1.0, 2.0, 3.0]))
    assert set(found.values()) == {None}
    assert "not finite" in notes[0]


def test_a_fit_that_does_not_converge_keeps_the_raw_values_and_says_so(monkeypatch):
    monkeypatch.setattr(metrics, "FIT_EVALUATIONS", 2)
    pred, mos = np.array([1.0, 2.0, 3.0, 5.0, 4.0]), np.array([5.0, 1.0, 4.0, 2.0, 3.0])
    found, notes = metrics.all_metrics(pred, mos)
    assert found["plcc_fitted"] == found["plcc"]
    assert "did not converge" in notes[0]
