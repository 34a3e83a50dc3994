"""What a group has no result of, even if one of its runs recorded a broken plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.monitor.listing import read_runs
from iqa_tui.queue.missing import Pair, find_missing, launch_missing
from tests.fakes.runs import fail_run, finish_run, queue_experiment
from training.runfolder.read import read_spec
from training.runfolder.write import write_record


def test_a_plan_that_cannot_be_followed_leaves_that_of_the_run_before(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2"), 0.93, 0.94)
    newest = queue_experiment(tmp_path, "F3", day=1)
    write_record(newest.spec, replace(read_spec(newest), plan={"name": ["koniq-losses"]}))
    missing = find_missing(tmp_path, "koniq-losses")
    assert missing.finished == (Pair("F2", 42),)
    assert missing.under_way == (Pair("F3", 42),)


def test_a_group_of_which_no_plan_can_be_followed_says_what_is_wrong_with_the_newest(tmp_path: Path) -> None:
    for day, experiment in enumerate(("F2", "F3")):
        run = queue_experiment(tmp_path, experiment, day=day)
        write_record(run.spec, replace(read_spec(run), plan={"name": day}))
    with pytest.raises(PlanError, match=r"s42/spec\.json: name = 1: write letters"):
        find_missing(tmp_path)


def split(number: int, row: str = "F2") -> dict[str, Any]:
    return {"argv": ["python", "-m", "training", "--loss_type", "l2", "--split_seed", str(number)], "experiment": row}


def test_a_result_is_missing_of_each_split_and_seed(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2", seed=1, **split(0)), 0.93, 0.94)
    fail_run(queue_experiment(tmp_path, "F2", seed=1, day=1, **split(3)), "it broke")
    queue_experiment(tmp_path, "F2", seed=2, day=2, **split(3))
    missing = find_missing(tmp_path, experiments=("F2",))
    assert missing.finished == (Pair("F2", 1, 0),)
    assert missing.under_way == (Pair("F2", 2, 3),)
    assert [pair for pair, _ in missing.ended] == [Pair("F2", 1, 3)]
    assert missing.never == (Pair("F2", 2, 0),)
    assert missing.words == (
        "koniq-losses: 1 of 4 have a result, 1 is under way, 1 ended without one, 1 was never launched."
    )
    other = find_missing(tmp_path, experiments=("F2",), seeds=(1,), splits=(0, 9))
    assert (other.finished, other.never) == ((Pair("F2", 1, 0),), (Pair("F2", 1, 9),))


def test_a_run_that_was_told_of_no_split_has_split_0(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2", seed=1), 0.93, 0.94)
    assert find_missing(tmp_path, experiments=("F2",), splits=(0,)).finished == (Pair("F2", 1, 0),)
    queue_experiment(tmp_path, "F2", seed=1, day=1, **split(1))
    assert find_missing(tmp_path, experiments=("F2",)).finished == (Pair("F2", 1, 0),)


def test_a_row_whose_flags_name_a_split_misses_no_other(tmp_path: Path) -> None:
    rows = [{"id": "A", "flags": {"split_seed": 1}}, {"id": "B", "flags": {"split_seed": 2}}]
    for day, row in enumerate(rows):
        words = split(day + 1, str(row["id"]))
        finish_run(queue_experiment(tmp_path, "F2", day=day, **words, plan={"name": "p", "experiment": rows}), 0.9, 0.9)
    assert find_missing(tmp_path).words == "koniq-losses: 2 of 2 have a result."


def test_what_never_ran_is_launched_on_its_own_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqa_tui.queue.enqueue.ensure_dispatcher", lambda runs_dir: None)
    livec = {"overrides": {"dataset": "livec", "split_seed": "3"}}
    finish_run(queue_experiment(tmp_path, "F2", seed=1, **split(3), **livec), 0.93, 0.94)
    missing = find_missing(tmp_path, experiments=("F2", "F3"), splits=(3, 4))
    assert len(list(launch_missing(missing))) == 3
    asked = [entry.spec for entry in read_runs(tmp_path)]
    assert {(spec.experiment, spec.split) for spec in asked} == {(row, at) for row in ("F2", "F3") for at in (3, 4)}
    assert all(spec.argv.count("--split_seed") == 1 for spec in asked)
