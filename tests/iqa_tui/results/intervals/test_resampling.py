"""In every resample the metrics are those of scipy for the repeated images."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from iqa_tui.results.intervals import resampling
from iqa_tui.results.intervals.cancelling import SILENT, Cancelled, Observer, Steps
from iqa_tui.results.intervals.correlation import srcc
from iqa_tui.results.intervals.resampling import Resampling, Task, drawn, resampled

RNG = np.random.default_rng(5)
MOS = RNG.normal(size=80)
PRED = MOS + RNG.normal(size=80)
ALONE = np.arange(80)
IN_GROUPS = np.unique(RNG.integers(0, 12, 80), return_inverse=True)[1]


def resample(mos: np.ndarray, preds: list[np.ndarray], units: np.ndarray, metric: str = "srcc") -> np.ndarray:
    tasks = [Task(metric, pred) for pred in preds]
    return resampled(mos, units, tasks, Resampling(30), Steps(SILENT, 1))


def repeated(units: np.ndarray, number: int) -> np.ndarray:
    """The images of a resample, each as often as it was drawn."""
    counts = np.concatenate(list(drawn(units, Resampling(30), 7)), axis=1)
    return np.repeat(np.arange(len(units)), counts[:, number].astype(int))


@pytest.mark.parametrize("units", [ALONE, IN_GROUPS], ids=["images", "groups"])
@pytest.mark.parametrize(
    ("mos", "pred"), [(MOS, PRED), (np.round(MOS), PRED), (MOS, np.round(PRED)), (np.round(MOS), np.round(PRED))]
)
def test_srcc_is_that_of_scipy_for_the_repeated_images(mos: np.ndarray, pred: np.ndarray, units: np.ndarray) -> None:
    found = resample(mos, [pred], units)[0]
    for number in range(30):
        images = repeated(units, number)
        assert found[number] == pytest.approx(stats.spearmanr(pred[images], mos[images]).statistic, abs=1e-12)


@pytest.mark.parametrize("units", [ALONE, IN_GROUPS], ids=["images", "groups"])
def test_plcc_and_rmse_are_those_of_the_repeated_images(units: np.ndarray) -> None:
    linear, error = resample(MOS, [PRED], units, "plcc")[0], resample(MOS, [PRED], units, "rmse")[0]
    for number in range(30):
        images = repeated(units, number)
        assert linear[number] == pytest.approx(stats.pearsonr(PRED[images], MOS[images]).statistic, abs=1e-12)
        assert error[number] == pytest.approx(np.sqrt(np.mean((PRED - MOS)[images] ** 2)), abs=1e-12)


def test_images_of_a_group_are_drawn_together() -> None:
    counts = next(drawn(IN_GROUPS, Resampling(30), 30))
    for group in range(IN_GROUPS.max() + 1):
        of_group = counts[group == IN_GROUPS]
        assert (of_group == of_group[0]).all()
    assert len(np.unique(counts.sum(axis=0))) > 1


def test_the_size_of_a_block_changes_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = resample(MOS, [PRED], ALONE)
    monkeypatch.setattr(resampling, "BLOCK_BYTES", 80 * 8 * 4)
    assert resample(MOS, [PRED], ALONE) == pytest.approx(whole, abs=1e-13)


def test_the_standard_error_is_that_of_the_bootstrap_of_scipy() -> None:
    found = resampled(MOS, ALONE, [Task("srcc", PRED)], Resampling(2000), Steps(SILENT, 1))[0].std(ddof=1)
    theirs = stats.bootstrap(
        (PRED, MOS), srcc, n_resamples=2000, paired=True, vectorized=False, method="percentile", random_state=1
    )
    assert found == pytest.approx(theirs.standard_error, rel=0.1)


def test_a_resample_of_equal_predictions_is_undefined() -> None:
    pred = np.zeros(80)
    pred[0] = 1.0
    for metric in ("srcc", "plcc"):
        found = resample(MOS, [pred], ALONE, metric)[0]
        without = [number for number in range(30) if 0 not in repeated(ALONE, number)]
        assert without
        assert np.flatnonzero(np.isnan(found)).tolist() == without


def test_it_stops_when_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resampling, "BLOCK_BYTES", 80 * 8)
    told: list[float] = []
    observer = Observer(told.append, lambda: len(told) >= 4)
    with pytest.raises(Cancelled):
        resampled(MOS, ALONE, [Task("srcc", PRED)], Resampling(30), Steps(observer, 30))
    assert told == pytest.approx([1 / 30, 2 / 30, 3 / 30, 4 / 30])
