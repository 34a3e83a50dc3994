"""A whole run: what it prints and writes, and how it ends or goes on if something fails in the middle."""

from __future__ import annotations

import json
import os
import resource
from collections import Counter
from pathlib import Path

import pytest

from tests.fakes.photographs import write_csv_dataset, write_koniq
from tests.fakes.trainer_processes import F2, SMALL, train, train_here
from tests.fakes.trouble import AT_EVERY_STEP, STEPS, at_call, events_of, left_aside, warnings_of, without_memory_at
from training.errors import BadData, GpuOutOfMemory, exit_code, exit_kind
from training.images.transforms import to_network_input
from training.network.quality import QualityNetwork
from training.run import evaluate, forward, loop, story
from training.runfolder.events import EventTail, read_events
from training.runfolder.exits import ExitKind
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.lock import is_held
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ExitRecord, Result
from training.runfolder.status import run_status


@pytest.mark.usefixtures("eager")
def test_without_room_for_checkpoints_and_events_training_goes_on_and_no_event_is_lost(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No room while the first epoch is trained, but for the beginning of a line."""
    run = RunFolder(tmp_path / "run")
    room = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (run.events.stat().st_size + 30, room[1]))

    def empty() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)

    monkeypatch.setattr(loop, "_train_step", at_call(1, fill, loop._train_step))
    monkeypatch.setattr(story, "score_epoch", at_call(1, empty, story.score_epoch))
    try:
        train_here(run.path, *flags, *AT_EVERY_STEP)
    finally:
        empty()
    assert read_record(run.result, Result).epochs == 2
    refused = [text for text in warnings_of(run) if "cannot be written" in text]
    assert len(refused) >= STEPS
    assert "last.pt cannot be written (File too large; it needs" in refused[0]
    assert "there is none before it, and training goes on" in refused[0]
    tail = EventTail(run.events)
    steps = {event.fields["step"] for event in tail.poll() if event.kind == "step"}
    assert {1, STEPS, STEPS + 1, 2 * STEPS} <= steps
    assert tail.torn == 0
    assert left_aside(run) == []
    assert json.loads(run.checkpoint_progress.read_text())["progress"]["epoch"] == 3
    said = capsys.readouterr().out
    assert (
        said.count("warning: events cannot be written (")
        == said.count("events are written again, none is missing")
        == 1
    )


def test_a_cache_cut_short_under_a_run_is_reported_and_made_anew_by_the_resume(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel kills a process without a word if it touches a mapped page that is gone."""

    def cut() -> None:
        (pixels,) = (tmp_path / "cache").glob("*/*.u8")
        os.truncate(pixels, 0)

    with monkeypatch.context() as patched:
        patched.setattr(story, "train_epoch", at_call(2, cut, story.train_epoch))
        with pytest.raises(BadData, match="the image cache was cut short while it was read: --resume makes it anew"):
            train_here(tmp_path / "run", *flags)
    run = train_here(tmp_path / "run", *flags, "--resume")
    whole = train_here(tmp_path / "whole", *flags)
    assert read_record(run.result, Result).metrics == read_record(whole.result, Result).metrics


@pytest.mark.usefixtures("eager")
def test_neither_missing_memory_nor_missing_data_nor_a_damaged_checkpoint_costs_more_than_minutes(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One run meets them in turn: the GPU is full, at the resume the data are gone, then a bit has flipped."""
    run, data = RunFolder(tmp_path / "run"), tmp_path / "data"
    with monkeypatch.context() as patched:
        patched.setattr(QualityNetwork, "forward", without_memory_at(STEPS + 2))
        with pytest.raises(GpuOutOfMemory) as ended:
            train_here(run.path, *flags, *AT_EVERY_STEP)
    assert str(ended.value).startswith("CUDA out of memory at --batch_size 3, step 6 in epoch 2: start a new run with")
    assert "--batch_size 1, or --resume this one on a GPU with more room (the best epoch, 1, is kept" in str(
        ended.value
    )
    assert (exit_code(ended.value), exit_kind(ended.value)) == (1, ExitKind.GPU_OUT_OF_MEMORY)
    before = run.last_checkpoint.read_bytes()
    data.rename(tmp_path / "elsewhere")
    with pytest.raises(BadData, match=str(data)):
        train_here(run.path, *flags, "--resume")
    assert events_of(run, "ended") == [
        {"how": "gpu out of memory", "epoch": 2, "step": 5, "checkpoint": "last", "saved": True},
        {"how": "failed", "epoch": None, "step": None, "checkpoint": "last", "saved": False},
    ]
    assert run.last_checkpoint.read_bytes() == before
    (tmp_path / "elsewhere").rename(data)
    run.last_checkpoint.unlink()  # before may be another name of it
    run.last_checkpoint.write_bytes(before[: len(before) // 2] + b"?" + before[len(before) // 2 + 1 :])
    kept = run.previous_checkpoint.read_bytes()
    found: list[bytes] = []

    def look() -> None:
        found.append(run.previous_checkpoint.read_bytes())

    monkeypatch.setattr(loop, "_train_step", at_call(2, look, loop._train_step))
    train_here(run.path, *flags, *AT_EVERY_STEP, "--resume")
    assert found == [kept]  # the damaged one never took its place
    assert events_of(run, "resumed") == [{"name": "last.previous", "epoch": 2, "step": STEPS}]
    assert "last.pt is damaged (the checksum of" in warnings_of(run)[-1]
    assert warnings_of(run)[-1].endswith("; the checkpoint before it is used")
    whole = train_here(tmp_path / "whole", *flags)
    assert read_record(run.result, Result).metrics == read_record(whole.result, Result).metrics


def test_a_published_run_scores_the_test_split_alone_and_says_how_it_chose(tmp_path, capsys):
    labels = write_csv_dataset(tmp_path / "data")
    flags = ["--data_path", labels, "--protocol", "published", "--lr", "1e-7", "--loss_type", "pairwise"]
    run = train_here(tmp_path / "run", *SMALL, *flags)
    result = read_record(run.result, Result)
    evaluated = [event.fields for event in read_events(run) if event.kind == "evaluated"]
    assert {fields["split"] for fields in evaluated} == {"test"}
    assert result.protocol == "published"
    assert result.metrics["test"] == result.metrics["test_oracle"]
    assert result.metrics["test"]["srcc"] == max(fields["metrics"]["srcc"] for fields in evaluated)
    assert result.images == {"train": 10, "val": 0, "test": 4}
    assert any("chosen on the test split itself" in note for note in result.notes)
    assert any("floor of 1e-06" in note and "rises" in note for note in result.notes)
    assert "rises" in capsys.readouterr().out
    lrs = [event.fields["lr"] for event in read_events(run) if event.kind == "step"]
    assert lrs[-1] > lrs[0]


def test_without_epochs_the_network_is_scored_as_it_is(tmp_path):
    labels = write_csv_dataset(tmp_path / "data")
    run = train_here(tmp_path / "run", *SMALL, "--data_path", labels, "--epochs", "0")
    result = read_record(run.result, Result)
    assert (result.epochs, result.best_epoch) == (0, 0)
    assert result.images == {"train": 0, "val": 4, "test": 4}
    assert result.metrics["test"]["srcc"] is not None
    assert not any(event.kind == "step" for event in read_events(run))
    assert result.elapsed_seconds > 0


def seen_by(loss: str, folder: Path, labels: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[bytes], list[float]]:
    """What the network of a run is shown, in training and in scoring, and the norms of its clipped gradients."""
    seen: list[bytes] = []
    norms: list[float] = []

    def recorded(crops, normalisation, *augmentation):
        seen.append(b"".join(part.numpy().tobytes() for part in (crops, *augmentation) if part is not None))
        return to_network_input(crops, normalisation, *augmentation)

    def step(setup, batch):
        done = train_step(setup, batch)
        norms.append(sum(float(one.grad.square().sum()) for one in setup.network.parameters()) ** 0.5)
        return done

    train_step = loop._train_step
    with monkeypatch.context() as patched:
        patched.setattr(forward, "to_network_input", recorded)
        patched.setattr(evaluate, "to_network_input", recorded)
        patched.setattr(loop, "_train_step", step)
        train_here(folder, *SMALL, "--data_path", labels, "--loss_type", loss, "--test_random_crop")
    return seen, norms


def test_runs_of_two_losses_are_shown_the_same_bytes_from_beginning_to_end(tmp_path, monkeypatch):
    labels = write_csv_dataset(tmp_path / "data")
    (first, norms), (second, _) = (seen_by(loss, tmp_path / loss, labels, monkeypatch) for loss in ("rank", "pairwise"))
    assert len(first) == 2 * (4 + 2)  # steps, and one batch for each of two splits
    assert first == second
    assert len(set(first[:4] + first[6:10])) == 8  # no step shows what another did
    assert max(norms) <= 1 + 1e-4
    scoring = [first[4:6], first[10:]]
    assert scoring[0] == scoring[1]  # every epoch is tested on the same crops


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
