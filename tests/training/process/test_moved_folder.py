"""The folder of a run that trains is renamed or deleted: it goes on in its new place, or ends, and makes nothing anew."""

import shutil

import pytest

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, start, wait_for_steps
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.runfolder.status import run_status


@pytest.fixture
def started(tmp_path):
    labels = write_csv_dataset(tmp_path / "data")
    run = RunFolder(tmp_path / "runs" / "mine")
    process = start(*SMALL, "--epochs", 40, "--data_path", labels, "--run_folder", run.path, "--no_early_stopping")
    wait_for_steps(run, process)
    yield run, process
    process.kill()
    process.communicate()


def test_a_run_whose_folder_of_runs_is_renamed_finishes_in_its_new_place(started, tmp_path):
    run, process = started
    moved = RunFolder(run.runs_dir.rename(tmp_path / "old") / run.run_id)
    assert process.wait(timeout=200) == 0
    assert run_status(moved).phase is Phase.FINISHED
    assert read_record(moved.result, Result).metrics["test"]["srcc"] is not None
    assert moved.best_weights.exists()
    assert not run.runs_dir.exists(), "the old folder was made anew"


def test_a_run_whose_folder_is_deleted_ends_in_words_and_makes_nothing_anew(started):
    run, process = started
    shutil.rmtree(run.path)
    _, errors = process.communicate(timeout=200)
    last = errors.splitlines()[-1]
    assert process.returncode != 0
    assert str(run.path) in last, "it names the folder as people know it"
    assert not run.path.exists()
