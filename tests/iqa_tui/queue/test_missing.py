"""What a group has no result of, even if one of its runs recorded a broken plan."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.queue.missing import find_missing
from tests.fakes.runs import finish_run, queue_experiment
from training.runfolder.read import read_spec
from training.runfolder.write import write_record


def test_a_plan_that_cannot_be_followed_leaves_that_of_the_run_before(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2"), 0.93, 0.94)
    newest = queue_experiment(tmp_path, "F3", day=1)
    write_record(newest.spec, replace(read_spec(newest), plan={"name": ["koniq-losses"]}))
    missing = find_missing(tmp_path, "koniq-losses")
    assert missing.finished == (("F2", 42),)
    assert missing.under_way == (("F3", 42),)


def test_a_group_of_which_no_plan_can_be_followed_says_what_is_wrong_with_the_newest(tmp_path: Path) -> None:
    for day, experiment in enumerate(("F2", "F3")):
        run = queue_experiment(tmp_path, experiment, day=day)
        write_record(run.spec, replace(read_spec(run), plan={"name": day}))
    with pytest.raises(PlanError, match=r"s42/spec\.json: name = 1: write letters"):
        find_missing(tmp_path)
