"""A tuned plan becomes tuning runs and runs that wait for them; what was tried already is not tried again."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue import enqueue as queue
from iqa_tui.queue import retry as retrying
from iqa_tui.queue.enqueue import enqueue
from iqa_tui.queue.missing import find_missing, launch_missing
from iqa_tui.queue.trials import known_trials
from tests.fakes.runs import fail_run, finish_run
from tests.fakes.tuned_plan import tuned_plan
from training.runfolder.engines import SPEC_FORMAT
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec
from training.runfolder.spec import Spec
from training.runfolder.status import run_status


@pytest.fixture(autouse=True)
def no_dispatcher(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(queue, "ensure_dispatcher", lambda runs_dir: None)
    monkeypatch.setattr(retrying, "ensure_dispatcher", lambda runs_dir: None)
    monkeypatch.setenv("IQA_TUI_LEASES", str(tmp_path / "leases"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def launched(folder: Path, **changes: object) -> list[Spec]:
    request = LaunchRequest(tuned_plan(folder), runs_dir=folder / "runs", **changes)  # type: ignore[arg-type]
    return [read_spec(run) for run in enqueue(request, {})]


def run_of(folder: Path, spec: Spec) -> RunFolder:
    return RunFolder(folder / "runs" / spec.run_id)


def value(spec: Spec, flag: str) -> str | None:
    return spec.argv[spec.argv.index(flag) + 1] if flag in spec.argv else None


def test_each_value_is_tried_by_each_experiment_and_each_run_names_what_it_is_chosen_by(tmp_path: Path) -> None:
    *trials, first, second = launched(tmp_path)
    tried = [(spec.experiment, spec.trial["values"], spec.seed) for spec in trials]
    assert tried == [(row, {"lr": rate}, 7) for row in ("F1", "F2") for rate in (1e-4, 1e-3)]
    assert {spec.group for spec in (*trials, first, second)} == {"tiny"}
    assert {spec.format for spec in (*trials, first, second)} == {SPEC_FORMAT}
    assert first.tune == {
        "grid": {"lr": [1e-4, 1e-3]},
        "epochs": 1,
        "images": 24,
        "seeds": [7],
        "trials": [spec.run_id for spec in trials[:2]],
    }
    assert second.tune["trials"] == [spec.run_id for spec in trials[2:]]
    assert not first.trial
    assert all(not spec.tune for spec in trials)


def test_a_tuning_run_is_short_and_scores_no_test_split(tmp_path: Path) -> None:
    trial, *_, run = launched(tmp_path)
    assert "--no_test" in trial.argv
    assert [value(trial, flag) for flag in ("--lr", "--epochs", "--limit_train_images")] == ["0.0001", "1", "24"]
    assert "--no_test" not in run.argv
    assert [value(run, flag) for flag in ("--lr", "--epochs", "--limit_train_images")] == [None, "4", None]
    assert (trial.expected_hours, run.expected_hours) == (0.25, 2.0)
    assert (trial.expected_srcc, trial.notes) == (None, "")
    assert trial.run_id.endswith("_l1_s7_tune-lr-0.0001")


def test_every_tuning_run_is_written_before_the_run_that_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[Spec] = []
    monkeypatch.setattr(queue, "write_signed", lambda _run, spec, _variables: written.append(spec))
    plan = tuned_plan(tmp_path, 'label = "L2"', 'label = "L2"\npriority = "high"')
    enqueue(LaunchRequest(plan, seeds=(1, 2), runs_dir=tmp_path / "runs"), {})
    assert [bool(spec.trial) for spec in written] == [True] * 4 + [False] * 4
    assert written[0].experiment == "F2"


def test_seeds_that_are_added_later_are_chosen_by_the_same_tuning_runs(tmp_path: Path) -> None:
    *trials, _, _ = launched(tmp_path, seeds=(1,))
    finish_run(run_of(tmp_path, trials[0]), None, None)
    more = launched(tmp_path, seeds=(2, 3))
    assert [(spec.experiment, spec.seed) for spec in more] == [("F1", 2), ("F2", 2), ("F1", 3), ("F2", 3)]
    assert more[0].tune["trials"] == more[2].tune["trials"] == [spec.run_id for spec in trials[:2]]


def test_a_tuning_run_that_gave_no_score_is_launched_again_and_one_of_another_command_is_new(tmp_path: Path) -> None:
    first, second, _ = launched(tmp_path, experiments=("F1",), seeds=(1,))
    fail_run(run_of(tmp_path, first), "exit 1")
    new, run = launched(tmp_path, experiments=("F1",), seeds=(2,))
    assert new.trial == first.trial
    assert run.tune["trials"] == [new.run_id, second.run_id]
    longer = LaunchRequest(tuned_plan(tmp_path, "epochs = 1", "epochs = 2"), ("F1",), (3,), runs_dir=tmp_path / "runs")
    assert len(enqueue(longer, {})) == 3


def test_of_two_that_tried_the_same_the_finished_one_counts(tmp_path: Path) -> None:
    first, *_ = launched(tmp_path, experiments=("F1",))
    fail_run(run_of(tmp_path, first), "exit 1")
    again, *_ = launched(tmp_path, experiments=("F1",))
    finish_run(run_of(tmp_path, first), None, None)  # it was retried meanwhile
    known = known_trials(tmp_path / "runs", "tiny")
    assert known[tuple(again.argv)] == first.run_id
    assert known_trials(tmp_path / "runs", "another group") == {}


def test_a_grid_is_that_of_the_launch_and_its_seeds_those_of_the_plan(tmp_path: Path) -> None:
    plan = tuned_plan(tmp_path, "images = 24", "seeds = [3, 4]")
    *trials, run = enqueue(LaunchRequest(plan, ("F1",), (1,), runs_dir=tmp_path / "runs"), {})
    specs = [read_spec(trial) for trial in trials]
    assert [(spec.trial["values"]["lr"], spec.seed) for spec in specs] == [(1e-4, 3), (1e-4, 4), (1e-3, 3), (1e-3, 4)]
    tune = read_spec(run).tune
    assert (tune["seeds"], tune["images"]) == ([3, 4], None)
    assert tune["trials"] == [trial.run_id for trial in trials]


def test_nothing_but_runs_that_make_rows_can_be_missing(tmp_path: Path) -> None:
    *trials, first, second = launched(tmp_path)
    for spec in trials:
        finish_run(run_of(tmp_path, spec), None, None)
    finish_run(run_of(tmp_path, first), 0.9, 0.9)
    missing = find_missing(tmp_path / "runs")
    assert (missing.finished, missing.under_way, missing.never) == ((("F1", 7, None),), (("F2", 7, None),), ())
    assert missing.words == "tiny: 1 of 2 have a result, 1 is under way."
    assert second.seed == 7


def test_failed_tuning_runs_that_are_still_needed_are_retried_before_the_run(tmp_path: Path) -> None:
    *trials, first, second = launched(tmp_path)
    for spec in trials:
        fail_run(run_of(tmp_path, spec), "exit 1")
    fail_run(run_of(tmp_path, second), "no tuning run gave a score to choose by")
    run_of(tmp_path, first).tuned.write_text("{}")  # it has its value
    fail_run(run_of(tmp_path, first), "exit 1")
    missing = find_missing(tmp_path / "runs")
    assert [run.run_id for run, _ in missing.trials] == [spec.run_id for spec in trials[2:]]
    assert missing.words.endswith("2 ended without one, 2 tuning runs ended without one.")
    lines = list(launch_missing(missing))
    assert [line.partition(":")[0] for line in lines] == ["F2 lr 0.0001", "F2 lr 0.001", "F1 seed 7", "F2 seed 7"]
    phases = [run_status(run_of(tmp_path, spec)).phase for spec in (*trials, first, second)]
    assert phases == [Phase.FAILED] * 2 + [Phase.QUEUED] * 4


def test_runs_that_no_disk_had_room_for_are_missing(tmp_path: Path) -> None:
    *_, first, second = launched(tmp_path)
    for spec in (first, second):
        run_of(tmp_path, spec).spec.unlink()
    missing = find_missing(tmp_path / "runs")
    assert missing.never == (("F1", 7, None), ("F2", 7, None))


def test_each_random_split_has_tuning_runs_of_its_own(tmp_path: Path) -> None:
    """Those of another split would have seen images on which the run is tested."""
    specs = launched(tmp_path, experiments=("F1",), splits=(1, 2))
    trials, runs = specs[:4], specs[4:]
    assert [(spec.split, spec.trial["values"]["lr"]) for spec in trials] == [(1, 1e-4), (1, 1e-3), (2, 1e-4), (2, 1e-3)]
    assert [(spec.split, spec.tune["trials"]) for spec in runs] == [
        (1, [spec.run_id for spec in trials[:2]]),
        (2, [spec.run_id for spec in trials[2:]]),
    ]
