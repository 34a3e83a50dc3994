"""A real `python -m training` on a few made pictures, by hand and as the supervisor starts it."""

from __future__ import annotations

import csv
import json
import os
import shlex
import signal
import time
from collections import Counter

import numpy as np
import pytest
import torch
from safetensors import safe_open

from tests.fakes.photographs import write_csv_dataset, write_koniq
from tests.training.processes import SMALL, start, train, wait_for_steps
from tests.training.test_config import F2
from training.flags import parse
from training.runfolder.events import read_events
from training.runfolder.exits import EXIT_STOPPED, ExitKind
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.lock import is_held, take_lock
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ExitRecord, Result
from training.runfolder.source import trainer_digest
from training.runfolder.status import run_status


def test_a_run_by_hand_makes_a_folder_that_reads_finished(finished):
    run, _ = finished
    status = run_status(run)
    assert (status.phase, status.exit_kind) == (Phase.FINISHED, ExitKind.FINISHED)
    assert not is_held(run.alive_lock)
    spec = read_spec(run)
    assert spec.argv[-2:] == ["--run_folder", "{run_folder}"]
    assert (spec.dataset, spec.loss_type, spec.network, spec.seed) == ("csv", "l1", "test_efficientnet", 42)


def test_the_first_line_says_what_is_trained_in_truth(finished):
    first, parameters = finished[1].splitlines()[0], read_record(finished[0].result, Result).parameters
    for words in (
        f"test_efficientnet, {parameters:,} parameters",
        "10 training, 4 validation, 4 test",
        "loss l1",
        "seed 42",
    ):
        assert words in first
    assert "CPU" in first


def test_events_tell_the_whole_run_in_order(finished):
    events = read_events(finished[0])
    kinds = Counter(event.kind for event in events)
    assert kinds["started"] == kinds["finished"] == 1
    assert kinds["epoch"] == 2
    assert kinds["evaluated"] == 4
    started = next(event for event in events if event.kind == "started").fields
    assert (started["train_images"], started["val_images"], started["test_images"]) == (10, 4, 4)
    assert (started["steps_per_epoch"], started["epochs"]) == (4, 2)
    steps = {event.fields["step"]: event.fields for event in events if event.kind == "step"}
    assert {1, 4, 5, 8} <= set(steps)
    assert all(fields["loss"] is not None and fields["lr"] > 0 for fields in steps.values())
    assert events[-1].kind == "finished"


def attention_of(run: RunFolder) -> list[list[float]]:
    """Image by image, as a user who plots it would read it."""
    with (run.scores / "csv_test_attention.csv").open() as file:
        return [[float(row[f"scale_{number}"]) for number in range(1, 5)] for row in csv.DictReader(file)]


def test_the_result_says_what_was_measured_and_how(finished):
    run, printed = finished
    result = read_record(run.result, Result)
    assert set(result.metrics) == {"test", "val", "test_oracle"}
    assert set(result.metrics["test"]) == {"srcc", "plcc", "krcc", "rmse", "plcc_fitted", "rmse_fitted"}
    evaluated = [event.fields for event in read_events(run) if event.kind == "evaluated"]
    test_scores = {fields["epoch"]: fields["metrics"] for fields in evaluated if fields["split"] == "test"}
    assert result.metrics["test"] == test_scores[result.best_epoch]
    assert result.metrics["test_oracle"]["srcc"] == max(metrics["srcc"] for metrics in test_scores.values())
    assert result.images == {"train": 10, "val": 4, "test": 4}
    assert (result.epochs, result.protocol, result.seed, result.limited, result.demo) == (2, "clean", 42, False, False)
    assert result.config["loss_type"] == "l1"
    assert result.versions["torch"] == torch.__version__
    assert result.source_digest == trainer_digest()
    assert result.attention == pytest.approx(np.mean(attention_of(run), axis=0), abs=1e-5)
    assert f"{result.metrics['test']['srcc']:.4f}" in printed.splitlines()[-1]
    assert str(run.path) in printed.splitlines()[-1]


def test_scores_are_on_the_data_sets_own_scale_and_give_the_metrics_again(finished):
    from training.metrics import all_metrics

    run, _ = finished
    with run.score_file("csv", "test").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["image", "mos", "pred"]
    mos, pred = (
        torch.tensor([float(row[name]) for row in rows], dtype=torch.float64).numpy() for name in ("mos", "pred")
    )
    assert (mos.min(), mos.max()) == (1, 5)
    assert all_metrics(pred, mos)[0] == pytest.approx(read_record(run.result, Result).metrics["test"])


def test_attention_is_kept_for_every_image(finished):
    with finished[0].score_file("csv", "test_attention").open() as file:
        for row in csv.DictReader(file):
            assert sum(float(row[f"scale_{number}"]) for number in (1, 2, 3, 4)) == pytest.approx(1, abs=1e-5)


def test_what_was_printed_is_kept_in_the_attempt(finished):
    run, printed = finished
    assert run.attempt(1).output.read_text() == printed


def test_both_checkpoints_are_there_and_hold_nothing_but_data(finished):
    run, _ = finished
    last = torch.load(run.last_checkpoint, weights_only=True)
    best = torch.load(run.best_checkpoint, weights_only=True)
    assert last["progress"]["step"] == 8
    assert best["epoch"] == read_record(run.result, Result).best_epoch
    assert list(last["network"]) == list(best["network"])


def test_the_best_weights_are_there_for_others_and_say_what_they_are(finished):
    run, _ = finished
    with safe_open(run.best_weights, "pt") as opened:
        facts = {name: json.loads(fact) for name, fact in opened.metadata().items()}
        weights = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - no dictionary
    best = torch.load(run.best_checkpoint, weights_only=True)
    assert set(weights) == set(best["network"])
    assert all(torch.equal(tensor, best["network"][name]) for name, tensor in weights.items())
    assert facts["config"] == best["config"]
    assert facts["reading"] == best["reading"]
    assert facts["epoch"] == read_record(run.result, Result).best_epoch


def test_the_model_card_says_what_was_trained_and_how_it_scored(finished):
    run, _ = finished
    result, card = read_record(run.result, Result), finished[0].model_card.read_text()
    assert card.startswith("---\nlibrary_name: pytorch\n")
    assert "| Backbone (timm) | test_efficientnet |" in card
    assert "| Began with | none |" in card
    assert "| Protocol | clean |" in card
    assert "csv: 10 train, 4 val, 4 test images" in card
    test = result.metrics["test"]
    assert f"| test, at the chosen epoch | {test['srcc']:.4f} | {test['plcc']:.4f} |" in card
    assert all(f"- {note}" in card for note in result.notes)
    (line,) = [line for line in card.splitlines() if line.startswith("python -m training --")]
    assert parse(shlex.split(line)[3:]).what_differs(result.config) == []


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
    end = {"how": "stopped", "epoch": stopped["epoch"], "step": stopped["step"], "checkpoint": "last"}
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


def test_the_published_command_runs_on_koniqs_layout(tmp_path):
    """Swin-Base from random weights: two steps, scored, and a result that says it is a quick look."""
    folder = write_koniq(tmp_path / "koniq", train=3, val=2, test=2)
    quick = ["--batch_size", "1", "--epochs", "1", "--train_patch_num", "1", "--test_patch_num", "1"]
    limits = ["--limit_train_images", "2", "--limit_test_images", "2"]
    where = ["--data_path", folder, "--run_folder", tmp_path / "run", "--weights", "none"]
    ended = train(*F2, *quick, *limits, *where)
    assert ended.returncode == 0, ended.stderr
    result = read_record(RunFolder(tmp_path / "run").result, Result)
    assert (result.parameters, result.network, result.limited) == (89_111_941, "swin-base", True)
    assert sum(event.kind == "step" for event in read_events(RunFolder(tmp_path / "run"))) == 2


def test_missing_images_end_a_run_with_the_first_of_them(tmp_path):
    folder = write_koniq(tmp_path / "koniq")
    (folder / "1024x768" / "training0.jpg").unlink()
    ended = train(*F2, "--data_path", folder, "--run_folder", tmp_path / "run")
    assert ended.returncode == 4
    last_line = ended.stderr.splitlines()[-1]
    assert last_line.startswith("error: ")
    assert str(folder / "1024x768" / "training0.jpg") in last_line
    record = read_record(RunFolder(tmp_path / "run").attempt(1).exit, ExitRecord)
    assert (record.kind, record.returncode) == (ExitKind.FAILED, 4)
    assert "training0.jpg" in record.cause


def test_a_loss_that_is_not_finite_ends_the_run_in_words(tmp_path):
    labels = write_csv_dataset(tmp_path / "data")
    ended = train(*SMALL, "--data_path", labels, "--run_folder", tmp_path / "run", "--lr", "1e30", "--loss_type", "l2")
    assert ended.returncode == 1
    assert "error: loss not finite at step" in ended.stderr.splitlines()[-1]
    run = RunFolder(tmp_path / "run")
    assert run_status(run).exit_kind is ExitKind.NOT_FINITE
    assert any(event.kind == "warning" and "loss of step" in event.fields["text"] for event in read_events(run))


def test_a_gpu_that_torch_cannot_use_is_an_error_and_never_a_cpu_run(tmp_path):
    labels = write_csv_dataset(tmp_path / "data")
    flags = [*SMALL, "--data_path", labels, "--run_folder", tmp_path / "run"]
    (tmp_path / "run").mkdir()
    ended = train(*flags, IQA_TUI_DEVICE="cuda", IQA_TUI_ATTEMPT="1")
    assert ended.returncode == 4
    assert "a GPU was given to this run" in ended.stderr.splitlines()[-1]


def test_a_folder_somebody_works_in_is_left_alone(tmp_path):
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


def test_two_seeds_by_hand_are_two_runs_that_differ_and_each_card_repeats_its_own(tmp_path):
    labels = write_csv_dataset(tmp_path / "data")
    flags = [*SMALL, "--data_path", labels, "--epochs", "0", "--train_test_num", "2", "--seed", "7"]
    ended = train(*flags, "--run_folder", tmp_path / "runs" / "mine")
    assert ended.returncode == 0, ended.stderr
    runs = list_runs(tmp_path / "runs")
    assert [run.run_id for run in runs] == ["mine_s7", "mine_s8"]
    results = [read_record(run.result, Result) for run in runs]
    assert [result.seed for result in results] == [7, 8]
    assert results[0].metrics["test"] != results[1].metrics["test"]
    for run, result in zip(runs, results, strict=True):
        assert run_status(run).phase is Phase.FINISHED
        assert not is_held(run.alive_lock)
        assert read_spec(run).argv.count("--seed") == 1
        assert f"--seed {result.seed}" in run.model_card.read_text()
        assert "--train_test_num 1" in run.model_card.read_text()
    mean = sum(result.metrics["test"]["srcc"] for result in results) / 2
    assert f"mean ± SD of 2 of 2 seeds, test: SRCC {mean:.4f} ± " in ended.stdout.splitlines()[-1]


def test_a_log_that_lacks_a_sign_ends_no_run(tmp_path):
    labels = write_csv_dataset(tmp_path / "損失–data")
    flags = [*SMALL, "--data_path", labels, "--runs_dir", tmp_path / "runs–"]
    ended = train(*flags, PYTHONIOENCODING="ascii", PYTHONUTF8="0", IQA_TUI_CACHE=str(tmp_path / "cache"))
    assert ended.returncode == 0, ended.stderr
    (run,) = list_runs(tmp_path / "runs–")
    assert run_status(run).phase is Phase.FINISHED
    assert "?" in ended.stdout
