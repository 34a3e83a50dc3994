from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.monitor import run_words
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.words.durations import hours_words
from tests.fakes.published_logs import record_run
from tests.fakes.run_folders import FakeRun
from training.runfolder.fields import LARGEST_NUMBER


def test_a_running_run_in_words(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start(at=1000.0).train(250)
    held = fake.hold()
    (state,) = Catalog(tmp_path).refresh()
    for descriptor in held:
        import os

        os.close(descriptor)
    assert run_words.state_words(state) == "● running"
    assert run_words.epoch_words(state) == "2/5"
    assert run_words.step_words(state) == "50/200"
    assert run_words.time_words(state, state.updated).endswith(" left")
    assert run_words.run_name(state) == "F2 L2 (MSE)"
    assert run_words.cause_words(state) == ""
    by_hand = replace(state, status=replace(state.status, supervised=False))
    assert run_words.cause_words(by_hand) == "started by hand, so the dispatcher does not resume it"
    alone = replace(by_hand, process=replace(state.process, supervisor_pid=7))
    assert run_words.cause_words(alone) == "unsupervised: how it ends will not be recorded"


def test_the_summary_counts_states_and_leaves_out_those_without_runs(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2")
    FakeRun.queue(tmp_path, "F3")
    FakeRun.queue(tmp_path, "F4").start().end()
    assert run_words.summary_words(Catalog(tmp_path).refresh(), recorded=1) == "2 queued · 1 failed · 1 recorded"


def test_the_newest_group_comes_first_and_runs_stand_as_in_their_plan(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path / "x", "F3", created=50.0)
    runs = tmp_path / "x"
    FakeRun.queue(runs, "F2", created=60.0)
    FakeRun.queue(runs, "F5", created=10.0, group="older")
    FakeRun.queue(runs, "F4", created=20.0, group="older")
    ordered = run_words.in_plan_order(Catalog(runs).refresh())
    assert [state.experiment for state in ordered] == ["F2", "F3", "F4", "F5"]
    assert [row["id"] for row in run_words.recorded_rows(ordered)] == ["F1"]


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (0.1123, "0.112"),
        (0.0167, "0.0167"),
        (0.00123456, "0.00123"),
        (0.000123456, "1.23e-4"),
        (1.2345e-5, "1.23e-5"),
        (1.2345e-10, "1.2e-10"),
        (1.2345e-100, "1e-100"),
        (0.0, "0"),
        (0.9996, "1.00"),
        (99.96, "100"),
        (12345.6, "12346"),
        (1234567.0, "1.23e6"),
        (-0.5, "-0.500"),
        (-0.00123, "-1.2e-3"),
        (-1e100, "-1e100"),
        (None, ""),
    ],
)
def test_a_loss_has_three_significant_digits(loss: float | None, words: str) -> None:
    assert run_words.loss_words(loss) == words


@given(st.floats(-LARGEST_NUMBER, LARGEST_NUMBER))
def test_every_loss_fits_its_column_and_none_but_zero_reads_zero(loss: float) -> None:
    words = run_words.loss_words(loss)
    assert len(words) <= run_words.LOSS_WIDTH
    assert float(words) == pytest.approx(loss, rel=0.5, abs=0.0)


def test_a_score_has_four_decimals() -> None:
    assert run_words.srcc_words(0.92813) == "0.9281"


@pytest.mark.parametrize(("seconds", "words"), [(39.2, "took 39 s"), (2820.0, "took 47 min"), (6120.0, "took 1.7 h")])
def test_what_a_run_took_is_said_as_the_table_of_results_says_it(tmp_path: Path, seconds: float, words: str) -> None:
    FakeRun.queue(tmp_path, "F2").start(at=1e9).finish(hours=seconds / 3600)
    (state,) = Catalog(tmp_path).refresh()
    assert run_words.time_words(state, 2e9) == words
    assert words == f"took {hours_words(seconds / 3600)}"


def test_a_short_name_has_a_seed_only_if_its_experiment_has_several(tmp_path: Path) -> None:
    for experiment, seed, group in (("F2", 1, "a"), ("F2", 2, "a"), ("F3", 1, "a"), ("F2", 7, "b")):
        FakeRun.queue(tmp_path, experiment, seed=seed, group=group)
    states = Catalog(tmp_path).refresh()
    names = {(state.group, state.spec.seed if state.spec else 0, state.experiment): state for state in states}
    short = run_words.short_names(states)
    assert {key: short[state.run_id] for key, state in names.items()} == {
        ("a", 1, "F2"): "F2·s1",
        ("a", 2, "F2"): "F2·s2",
        ("a", 1, "F3"): "F3",
        ("b", 7, "F2"): "F2",
    }


def test_a_name_has_its_seed_if_its_experiment_has_several_in_its_group(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", seed=1)
    FakeRun.queue(tmp_path, "F2", seed=2)
    FakeRun.queue(tmp_path, "F3", seed=1)
    FakeRun.queue(tmp_path, "F3", seed=3, group="other")
    states = Catalog(tmp_path).refresh()
    names = sorted(run_words.name_among(state, states) for state in states)
    assert names == ["F2 L2 (MSE) · seed 1", "F2 L2 (MSE) · seed 2", "F3 SRCC", "F3 SRCC"]


def test_a_recorded_run_has_its_sign_behind_its_name(tmp_path: Path) -> None:
    run = record_run(tmp_path)
    states = Catalog(tmp_path).refresh()
    assert run_words.run_names(states) == {run.run_id: "F1 L1 (MAE) ◆"}
    assert run_words.short_names(states) == {run.run_id: "F1 ◆"}
    assert run_words.summary_words(states) == "1 recorded"
    assert run_words.state_words(states[0]) == "◆ recorded"


def test_runs_of_one_seed_on_several_splits_never_have_one_name(tmp_path: Path) -> None:
    for split in (None, 0, 3):
        FakeRun.queue(tmp_path, "F2", seed=1, argv=["--split_seed", str(split)] if split is not None else ["true"])
    states = Catalog(tmp_path).refresh()
    names = {"F2 L2 (MSE) · seed 1", "F2 L2 (MSE) · split 0 seed 1", "F2 L2 (MSE) · split 3 seed 1"}
    assert set(run_words.run_names(states).values()) == names
    assert {run_words.name_among(state, states) for state in states} == names
    assert set(run_words.short_names(states).values()) == {"F2·s1", "F2·s1 split 0", "F2·s1 split 3"}
    alone = [state for state in states if state.spec and state.spec.split == 3]
    assert run_words.short_names(alone) == {alone[0].run_id: "F2"}
