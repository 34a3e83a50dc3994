"""A real `python -m training` whose run another attempt takes over: it exits and writes nothing more."""

import os
import time

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, start, train, wait_for_steps
from training.errors import TakenOver
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Owner, ProcessRecord
from training.runfolder.write import write_record

OTHER = Owner(2, "nodeb", "b", 1, "the other attempt's")


def test_it_exits_with_words_and_writes_no_event_no_checkpoint_and_no_end(tmp_path):
    run = RunFolder(tmp_path / "run")
    labels = write_csv_dataset(tmp_path / "data")
    process = start(*SMALL, "--epochs", 400, "--data_path", labels, "--run_folder", run.path, "--no_early_stopping")
    wait_for_steps(run, process)
    assert read_record(run.owner, Owner).pid == process.pid
    assert run.attempt(1).beat.exists()
    write_record(run.owner, OTHER)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == TakenOver.exit_code
    assert "attempt 2 on nodeb has taken over this run" in errors.splitlines()[-1]
    assert not run.attempt(1).exit.exists()
    assert not run.result.exists()
    assert read_record(run.owner, Owner) == OTHER
    assert read_events(run)[-1].kind != "finished"


def test_under_a_supervisor_the_fence_is_the_supervisors(tmp_path):
    run = RunFolder(tmp_path / "run")
    labels = write_csv_dataset(tmp_path / "data")
    run.path.mkdir()
    (run.attempts_dir).mkdir()
    run.attempt(1).path.mkdir()
    write_record(run.owner, OTHER)
    done = train(
        *SMALL, "--data_path", labels, "--run_folder", run.path, IQA_TUI_ATTEMPT="1", IQA_TUI_FENCE="the supervisor's"
    )
    assert done.returncode == TakenOver.exit_code
    assert read_events(run) == []
    done = train(
        *SMALL,
        "--data_path",
        labels,
        "--run_folder",
        run.path,
        IQA_TUI_ATTEMPT="1",
        IQA_TUI_FENCE="the other attempt's",
    )
    assert done.returncode == 0, done.stderr


def test_a_run_that_a_living_host_works_on_is_not_gone_on_with_by_hand(tmp_path):
    run = RunFolder(tmp_path / "run")
    labels = write_csv_dataset(tmp_path / "data")
    flags = (*SMALL, "--epochs", 1, "--data_path", labels, "--run_folder", run.path)
    assert train(*flags).returncode == 0
    run.result.unlink()
    run.attempt(1).exit.unlink()
    write_record(run.attempt(1).process, ProcessRecord("their-boot", 1, 1, "nodeb", 1.0, machine="b"))
    run.attempt(1).beat.touch()
    refused = train(*flags, "--resume")
    assert refused.returncode == 2
    assert "nodeb gave a sign of life" in refused.stderr
    os.utime(run.attempt(1).beat, (time.time() - 1000, time.time() - 1000))
    assert train(*flags, "--resume").returncode == 0
