import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 5)), min_size=2, max_size=40))
def test_every_metric_is_scipys_with_ties_and_small_counts(images):
    pred, mos = (np.array(values, dtype=float) / 7 for values in zip(*images, strict=True))
    found, _ = metrics.all_metrics(pred, mos)
    theirs = {"srcc": stats.spearmanr, "plcc": stats.pearsonr, "krcc": stats.kendalltau}
    for name, correlation in theirs.items():
        if np.ptp(pred) == 0 or np.ptp(mos) == 0:
            assert found[name] is None
        else:
            assert found[name] == pytest.approx(correlation(pred, mos).statistic, abs=1e-12)
    assert found["rmse"] == pytest.approx(np.sqrt(np.mean((pred - mos) ** 2)))


HOSTILE = {
    "constant": lambda n: np.full(n, 3.0),
    "a step": lambda n: (np.arange(n) >= n // 2).astype(float),
    "one huge": lambda n: np.where(np.arange(n) == n // 2, 1e300, 0.0),
    "the ends of floats": lambda n: np.where(np.arange(n) % 2, 1.7e308, -1.7e308),
    "huge": lambda n: np.sin(np.arange(n)) * 1e200,
    "vanishing": lambda n: np.sin(np.arange(n)) * 1e-300,
    "the smallest floats": lambda n: (np.arange(n) % 3) * 5e-324,
    "rounding": lambda n: 1e8 + np.sin(np.arange(n)) * 1e-8,
    "growing": lambda n: np.exp(np.minimum(np.arange(n) * 9.0, 700.0)),
    "rising": lambda n: np.arange(n, dtype=float),
    "ties": lambda n: (np.arange(n) * 7 % 3).astype(float),
}


@pytest.mark.parametrize("pred", HOSTILE)
@pytest.mark.parametrize("mos", HOSTILE)
def test_hostile_scores_give_numbers_or_none_in_bounded_time_and_without_a_warning(pred, mos, monkeypatch):
    evaluations = []
    logistic = metrics.logistic
    monkeypatch.setattr(metrics, "logistic", lambda *args: evaluations.append(1) or logistic(*args))
    for count in (0, 1, 2, 3, 4, 40):
        evaluations.clear()
        found, notes = metrics.all_metrics(HOSTILE[pred](count), HOSTILE[mos](count))
        known = [value for value in found.values() if value is not None]
        assert np.isfinite(known).all()
        assert all(
            -1 <= found[name] <= 1 for name in ("srcc", "plcc", "krcc", "plcc_fitted") if found[name] is not None
        )
        assert len(evaluations) <= metrics.FIT_EVALUATIONS + 10
        if notes and notes[0].endswith(metrics.RAW):
            assert found["plcc_fitted"] == found["plcc"]
            assert found["rmse_fitted"] == found["rmse"]
        elif notes and mos != "the smallest floats":  # which no line can map to: there is nothing between them
            assert found["plcc_fitted"] == pytest.approx(abs(found["plcc"]))
            assert found["rmse_fitted"] <= found["rmse"] * (1 + 1e-12)


@settings(max_examples=80)
@given(st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 2), max_size=12))
def test_any_finite_scores_give_numbers_or_none(images):
    pred, mos = np.array([one for one, _ in images]), np.array([other for _, other in images])
    found, _ = metrics.all_metrics(pred, mos)
    assert np.isfinite([value for value in found.values() if value is not None]).all()


@pytest.mark.parametrize("scale", [1e-250, 1e-3, 1e3, 1e250])
def test_correlations_do_not_see_the_size_of_scores(scale):
    pred, mos = np.array([1.0, 2.0, 4.0, 3.0, 7.0]), np.array([1.0, 3.0, 2.0, 5.0, 4.0])
    near, far = (metrics.all_metrics(pred * factor, mos)[0] for factor in (1.0, scale))
    for name in ("srcc", "plcc", "krcc"):
        assert far[name] == pytest.approx(near[name], abs=1e-12)


def test_opinions_that_are_not_finite_give_no_metrics_and_a_note():
    found, notes = metrics.all_metrics(np.array([1.0, 2.0, 3.0]), np.array([1.0, np.inf, 3.0]))
    assert set(found.values()) == {None}
    assert notes == ["some opinions are not finite, so there are no metrics"]


def test_without_images_there_are_no_metrics():
    assert set(metrics.all_metrics(np.empty(0), np.empty(0))[0].values()) == {None}


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


def test_a_fit_that_does_not_converge_is_by_a_straight_line_and_says_so(monkeypatch):
    monkeypatch.setattr(metrics, "FIT_EVALUATIONS", 2)
    pred, mos = np.array([1.0, 2.0, 3.0, 5.0, 4.0]), np.array([5.0, 1.0, 4.0, 2.0, 3.0])
    found, notes = metrics.all_metrics(pred, mos)
    assert found["plcc_fitted"] == pytest.approx(-found["plcc"])
    slope, intercept = np.polyfit(pred, mos, 1)
    assert found["rmse_fitted"] == pytest.approx(metrics.rmse(slope * pred + intercept, mos))
    assert notes == ["the logistic fit did not converge in 2 evaluations, so fitted values are by a straight line"]
    flat, reasons = metrics.all_metrics(np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 2.0, 2.0, 1.0]))
    assert flat["rmse_fitted"] == flat["rmse"], "without a slope the values are as they were"
    assert reasons == ["the logistic fit did not converge in 2 evaluations, so fitted values are raw"]


def test_scores_along_a_straight_line_have_an_error_whether_or_not_the_fit_converges():
    chance = np.random.default_rng(0)
    converged = 0
    for _ in range(40):
        mos = chance.normal(3, 0.5, 200)
        pred = 500 * (mos + chance.normal(0, 0.3, 200)) - 460
        found, notes = metrics.all_metrics(pred, mos)
        free = metrics.without_scale(found, notes)
        slope, intercept = np.polyfit(pred, mos, 1)
        assert free["rmse_fitted"] == pytest.approx(metrics.rmse(slope * pred + intercept, mos), rel=0.1)
        converged += not notes
    assert 0 < converged < 40


def test_predictions_without_a_scale_have_no_error_but_after_a_fit():
    mos = np.linspace(0, 1, 9)
    found, notes = metrics.all_metrics(500 * mos - 460, mos)
    free = metrics.without_scale(found, notes)
    assert (free["rmse"], free["rmse_fitted"]) == (None, found["rmse_fitted"])
    assert all(free[name] == pytest.approx(1) for name in ("srcc", "plcc", "krcc"))
    falling, reasons = metrics.all_metrics(np.full(9, -460.0), mos)
    assert falling["rmse_fitted"] > 400, "without a fit the values are as they were"
    assert metrics.without_scale(falling, reasons)["rmse_fitted"] is None
