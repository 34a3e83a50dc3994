"""Which run a user means by what they type."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from iqa_tui.commands.choose import NoSuchRun, choose_run
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.state import RunState
from tests.fakes.published_logs import record_run
from tests.fakes.run_folders import FakeRun

NOW = time.time()


def to_retry(state: RunState) -> bool:
    return state.phase.can_be_retried


@pytest.fixture
def states(tmp_path: Path) -> list[RunState]:
    """Of F3 three seeds: failed, failed, finished; of F2 one that failed and a newer one that did not."""
    for seed in (1, 2):
        FakeRun.queue(tmp_path, "F3", seed=seed, created=NOW - 20 + seed).start().end()
    FakeRun.queue(tmp_path, "F3", seed=3, created=NOW - 10).start().finish()
    FakeRun.queue(tmp_path, "F2", seed=1, created=NOW - 9).start().end()
    FakeRun.queue(tmp_path, "F2", seed=2, created=NOW - 8).start().finish()
    return Catalog(tmp_path).refresh()


def test_an_experiment_is_the_run_of_it_that_fits_the_order(states: list[RunState]) -> None:
    assert choose_run(states, "f2", to_retry).run_id.endswith("_s1")


def test_an_experiment_of_which_several_runs_fit_names_them(states: list[RunState]) -> None:
    with pytest.raises(NoSuchRun, match=r"'F3' means 2 runs: .*_s1, .*_s2\. Write more"):
        choose_run(states, "F3", to_retry)


def test_an_experiment_of_which_no_run_fits_is_its_newest(states: list[RunState]) -> None:
    assert choose_run(states, "F3", lambda state: state.phase.is_alive).run_id.endswith("_s3")
    assert choose_run(states, "F3", lambda _: False).run_id.endswith("_s3")


def test_a_part_of_one_id_is_enough(states: list[RunState]) -> None:
    assert choose_run(states, "l2_s1", to_retry).run_id.endswith("_l2_s1")
    with pytest.raises(NoSuchRun, match="'_s1' means 2 runs"):
        choose_run(states, "_s1", to_retry)


def test_an_experiment_is_what_was_launched_of_it_and_else_what_was_recorded(tmp_path: Path) -> None:
    recorded = record_run(tmp_path)
    assert choose_run(Catalog(tmp_path).refresh(), "F1", lambda _: True).run_id == recorded.run_id
    launched = FakeRun.queue(tmp_path, "F1").run
    assert choose_run(Catalog(tmp_path).refresh(), "F1", lambda _: True).run_id == launched.run_id


def test_an_experiment_is_never_one_of_its_tuning_runs(tmp_path: Path) -> None:
    trial = FakeRun.queue(tmp_path, "F2", seed=1, trial={"values": {"lr": 1e-5}}).start().end()
    FakeRun.queue(tmp_path, "F2", seed=2).start().end()
    states = Catalog(tmp_path).refresh()
    assert choose_run(states, "F2", to_retry).run_id.endswith("_s2")
    assert choose_run(states, trial.run.run_id, to_retry).is_trial
