"""The validation scores of runs and of experiments."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.scores import Score, best_of, newest_of_each_seed, score_of, val_metric
from tests.fakes.published_logs import record_run
from tests.fakes.run_folders import FakeRun


def test_a_finished_run_has_the_score_of_its_chosen_epoch_and_others_their_latest(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start().train(200)
    FakeRun.queue(tmp_path, "F3").start().train(200).finish(0.93)
    FakeRun.queue(tmp_path, "F4")
    runs = Catalog(tmp_path).refresh()
    scores = {state.experiment: val_metric(state, "srcc") for state in runs}
    assert scores == {"F2": pytest.approx(0.9082, abs=1e-3), "F3": 0.932, "F4": None}
    assert val_metric(runs[0], "plcc") is not None


def test_a_mean_is_of_the_finished_seeds_and_says_of_how_many(tmp_path: Path) -> None:
    for seed, srcc in ((1, 0.93), (2, 0.934)):
        FakeRun.queue(tmp_path, "F2", seed=seed).start().train(200).finish(srcc)
    FakeRun.queue(tmp_path, "F2", seed=3).start().train(200)
    score = score_of(Catalog(tmp_path).refresh())
    assert score is not None
    assert (score.seeds, score.is_final) == (2, True)
    assert score.mean == pytest.approx(0.934)
    assert score.sd == pytest.approx(0.002828, abs=1e-6)


def test_while_none_has_finished_the_mean_is_of_those_with_a_score(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", seed=1).start().train(200)
    FakeRun.queue(tmp_path, "F2", seed=2)
    score = score_of(Catalog(tmp_path).refresh())
    assert score is not None
    assert (score.seeds, score.sd, score.is_final) == (1, None, False)
    assert score_of([]) is None


def test_a_seed_that_was_launched_again_counts_once_by_its_finished_run(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", created=1.0).start().finish(0.93)
    FakeRun.queue(tmp_path, "F2", created=2.0).start().end()
    (chosen,) = newest_of_each_seed(Catalog(tmp_path).refresh())
    assert chosen.result is not None


def test_the_best_experiment_is_that_with_the_highest_mean_not_the_highest_run(tmp_path: Path) -> None:
    for experiment, seed, srcc in (("F2", 1, 0.94), ("F2", 2, 0.90), ("F3", 1, 0.93)):
        FakeRun.queue(tmp_path, experiment, seed=seed).start().finish(srcc)
    best = best_of(Catalog(tmp_path).refresh())
    assert best is not None
    assert best[0].experiment == "F3"
    assert best_of([]) is None


def test_a_recorded_run_shows_its_test_score_and_is_never_the_best(tmp_path: Path) -> None:
    record_run(tmp_path)
    (state,) = Catalog(tmp_path).refresh()
    assert score_of([state]) == Score(0.9354, is_final=True)
    assert best_of([state]) is None


def test_each_split_counts_with_each_seed(tmp_path: Path) -> None:
    for split, seed, srcc in ((0, 1, 0.90), (0, 2, 0.92), (3, 1, 0.94)):
        argv = ["--split_seed", str(split)]
        FakeRun.queue(tmp_path, "F2", seed=seed, argv=argv).start().train(200).finish(srcc)
    score = score_of(Catalog(tmp_path).refresh())
    assert score is not None
    assert (score.seeds, score.mean) == (3, pytest.approx(0.922))
