"""A real `python -m training` as one attempt: by hand, and as a supervisor starts it."""

from __future__ import annotations

import json
import os
import signal
import time

import torch

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, start, train, wait_for_steps
from training.process.attempt import Attempt, end_by_hand
from training.process.stop_signal import StopSignal
from training.runfolder.events import read_events
from training.runfolder.exits import EXIT_STOPPED, ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.lock import is_held, take_lock
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ExitRecord, Result
from training.runfolder.status import run_status


def test_a_run_by_hand_makes_a_folder_that_reads_finished(finished):
    run, _ = finished
    status = run_status(run)
    assert (status.phase, status.exit_kind) == (Phase.FINISHED, ExitKind.FINISHED)
    assert not is_held(run.alive_lock)
    spec = read_spec(run)
    assert spec.argv[-2:] == ["--run_folder", "{run_folder}"]
    assert (spec.dataset, spec.loss_type, spec.network, spec.seed) == ("csv", "l1", "test_efficientnet", 42)


def test_a_finished_run_is_not_trained_again(finished):
    run, _ = finished
    ended = train(*SMALL, "--data_path", "unused.csv", "--run_folder", run.path, "--resume")
    assert ended.returncode == 2
    assert "is finished" in ended.stderr.splitlines()[-1]


def test_term_keeps_a_checkpoint_and_a_resume_goes_on_from_it(tmp_path):
    """As the supervisor does it: attempt and folder given, records left to the supervisor."""
    labels = write_csv_dataset(tmp_path / "data")
    run = RunFolder(tmp_path / "runs" / "one")
    run.attempt(1).path.mkdir(parents=True)
    flags = [*SMALL, "--data_path", labels, "--run_folder", run.path, "--train_patch_num", "20"]
    process = start(*flags, IQA_TUI_ATTEMPT="1", IQA_TUI_DEVICE="cpu")
    wait_for_steps(run, process)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == EXIT_STOPPED, stderr
    assert stderr.splitlines()[-1].startswith("stopped at step")
    last_event = read_events(run)[-1]
    stopped = torch.load(run.last_checkpoint, weights_only=True)["progress"]
    assert 0 < stopped["step"] < 2 * 67
    end = {"how": "stopped", "epoch": stopped["epoch"], "step": stopped["step"], "checkpoint": "last", "saved": True}
    assert (last_event.kind, last_event.fields) == ("ended", end)
    assert not run.result.exists()
    assert not run.attempt(1).exit.exists()
    assert not run.spec.exists()

    ended = train(*flags, "--resume", IQA_TUI_ATTEMPT="2", IQA_TUI_DEVICE="cpu")
    assert ended.returncode == 0, ended.stderr
    steps = [event.fields["step"] for event in read_events(run) if event.kind == "step" and event.attempt == 2]
    assert steps[0] > stopped["step"]
    assert steps[-1] == 2 * 67
    assert read_record(run.result, Result).epochs == 2

    run.result.unlink()
    refused = train(*flags, "--resume", "--seed", "1", IQA_TUI_ATTEMPT="3", IQA_TUI_DEVICE="cpu")
    assert refused.returncode == 1
    assert "--seed 42, not 1" in refused.stderr.splitlines()[-1]


def test_a_stop_file_ends_a_run_by_hand_as_stopped(tmp_path):
    labels = write_csv_dataset(tmp_path / "data")
    run = RunFolder(tmp_path / "runs" / "one")
    process = start(*SMALL, "--data_path", labels, "--run_folder", run.path, "--train_patch_num", "200")
    wait_for_steps(run, process)
    assert run_status(run).phase is Phase.RUNNING
    run.stop.write_text(json.dumps({"by": "ann", "when": time.time()}))
    process.communicate(timeout=60)
    assert process.returncode == EXIT_STOPPED
    assert run_status(run).phase is Phase.STOPPED
    assert run.last_checkpoint.exists()


def test_a_folder_that_another_process_works_in_is_left_alone(tmp_path):
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    lock = take_lock(run.alive_lock)
    try:
        ended = train("--dataset", "demo", "--train_test_num", "1", "--run_folder", run.path)
    finally:
        os.close(lock)
    assert ended.returncode == 2
    assert "another process is at work" in ended.stderr.splitlines()[-1]
    assert [path.name for path in run.path.iterdir()] == ["alive.lock"]


def test_how_long_a_run_by_hand_took_does_not_go_by_the_clock_that_can_be_set(tmp_path, monkeypatch):
    run = RunFolder(tmp_path / "runs" / "one")
    run.attempt(1).path.mkdir(parents=True)
    attempt = Attempt(run, 1, True, StopSignal(), time.time())
    monkeypatch.setattr(time, "time", lambda: 1000.0)  # set back by decades
    end_by_hand(attempt, None, "")
    record = read_record(run.attempt(1).exit, ExitRecord)
    assert 0.0 <= record.elapsed_seconds < 60.0
    assert record.ended == 1000.0
