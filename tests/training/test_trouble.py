"""What can go wrong in the middle of a run: how it ends or goes on, in which words, and that nothing won is lost."""

from __future__ import annotations

import json
import os
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.public_datasets import write_agiqa, write_kadid
from tests.training.processes import SMALL, train_here
from training.checkpoints import schedule as keeper
from training.errors import BadCheckpoint, BadData, CannotWrite, GpuOutOfMemory, LossNotFinite, exit_code, exit_kind
from training.network.quality import QualityNetwork
from training.run import choose, loop, setup, story
from training.runfolder.events import EventTail, read_events
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result

AT_EVERY_STEP = ["--checkpoint_minutes", "1e-9"]
STEPS = 4
"""An epoch's, of ten images in batches of three."""


@pytest.fixture
def flags(tmp_path: Path) -> list[object]:
    return [*SMALL, "--data_path", write_csv_dataset(tmp_path / "data")]


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkpoint at every step, however long it takes."""
    monkeypatch.setattr(keeper, "LARGEST_SHARE", 1e9)


def events_of(run: RunFolder, kind: str) -> list[dict[str, Any]]:
    return [event.fields for event in read_events(run) if event.kind == kind]


def warnings_of(run: RunFolder) -> list[str]:
    return [fields["text"] for fields in events_of(run, "warning")]


def left_aside(run: RunFolder) -> list[Path]:
    return list(run.path.rglob("*.tmp"))


def progress_in(path: Path) -> dict[str, Any]:
    progress: dict[str, Any] = torch.load(path, weights_only=True)["progress"]
    return progress


@contextmanager
def files_up_to(size_bytes: int) -> Iterator[None]:
    """No file may grow beyond this, which a writer sees as a disk without room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def at_call(number: int, spoil: Callable[[], None], then: Callable[..., Any]) -> Callable[..., Any]:
    """`then`, with `spoil` before its call `number`."""
    calls = [0]

    def called(*arguments: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == number:
            spoil()
        return then(*arguments, **named)

    return called


@pytest.mark.usefixtures("eager")
def test_a_gradient_that_is_not_finite_reaches_neither_a_checkpoint_nor_an_evaluation(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the last step of the second epoch, whose loss is as it should be."""
    calls = [0]

    def loss(pred: Tensor, mos: Tensor, mos_sd: Tensor | None) -> Tensor:
        calls[0] += 1
        steep = (pred - pred).abs().sqrt().sum()  # 0, and its slope there is no number
        return (pred - mos).abs().mean() + (steep if calls[0] == 2 * STEPS else 0)

    monkeypatch.setattr(setup, "build_criterion", lambda _: loss)
    with pytest.raises(LossNotFinite) as ended:
        train_here(tmp_path / "run", *flags, *AT_EVERY_STEP)
    assert str(ended.value).startswith("gradient not finite at step 8 in epoch 2: start a new run with an --lr smaller")
    assert "the best epoch, 1, is kept in checkpoints/best.pt" in str(ended.value)
    assert exit_kind(ended.value) is ExitKind.NOT_FINITE
    run = RunFolder(tmp_path / "run")
    assert read_events(run)[-1].kind == "ended"
    assert events_of(run, "ended") == [{"how": "loss not finite", "epoch": 2, "step": 8, "checkpoint": "last"}]
    last = torch.load(run.last_checkpoint, weights_only=True)
    assert last["progress"]["step"] == 7
    assert all(bool(tensor.isfinite().all()) for tensor in last["network"].values())
    assert {fields["epoch"] for fields in events_of(run, "evaluated")} == {1}
    assert run.best_checkpoint.exists()
    assert run.score_file("csv", "test").exists()
    assert "the gradient of step 8 has the norm nan" in warnings_of(run)[-1]
    norms = [fields["grad_norm"] for fields in events_of(run, "step")]
    assert all(norm > 0 for norm in norms)


def test_weights_that_left_the_range_of_numbers_are_never_written(
    tmp_path: Path, flags: list[object], eager: None
) -> None:
    with pytest.raises(LossNotFinite, match=r"weights not finite .* after step 1 in epoch 1"):
        train_here(tmp_path / "run", *flags, *AT_EVERY_STEP, "--lr", "1e39")
    run = RunFolder(tmp_path / "run")
    assert not run.checkpoints.exists()
    assert events_of(run, "ended") == [{"how": "loss not finite", "epoch": 1, "step": 1, "checkpoint": None}]


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


def test_without_room_for_the_best_weights_or_the_result_the_run_ends_and_goes_on_once_there_is(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path / "run")
    for room, name, room_bytes, path in (
        (choose, "_keep_best", 200, run.score_file("csv", "val")),
        (choose, "_keep_best", 50_000, run.best_checkpoint),
        (story, "finish", 50_000, run.best_weights),
        (story, "finish", None, run.result),
    ):
        real = getattr(room, name)

        def without_room(*arguments: Any, real: Any = real, room_bytes: int | None = room_bytes) -> None:
            with files_up_to(room_bytes or resource.RLIM_INFINITY):
                real(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(room, name, without_room)
            if room_bytes is None:
                patched.setattr("training.run.finish.write_record", refuse)
            with pytest.raises(CannotWrite) as ended:
                train_here(run.path, *flags, "--resume")
        assert str(ended.value).startswith(f"{path} cannot be written (")
        assert "make room, then --resume goes on and loses nothing" in str(ended.value)
        assert exit_code(ended.value) == 4
        assert not run.result.exists()
        assert left_aside(run) == []
    steps = [fields["step"] for fields in events_of(run, "step")]
    train_here(run.path, *flags, "--resume")
    whole = train_here(tmp_path / "whole", *flags)
    assert read_record(run.result, Result).metrics == read_record(whole.result, Result).metrics
    assert [fields["step"] for fields in events_of(run, "step")] == steps == sorted(set(steps))


def refuse(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_data_that_vanish_once_they_are_decoded_cost_only_the_tests_that_need_them(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run's own images are gone with their cache, another data set is, and a third has a damaged image."""
    data = tmp_path / "data"
    pictures = [write_agiqa(data / "agiqa-3k", 2), write_kadid(data / "kadid-10k", 1, 2)]
    damaged = next(path for path in pictures[0].rglob("*.jpg"))
    damaged.unlink()  # the others are names of the same file
    damaged.write_bytes(b"no picture")

    def vanish() -> None:
        shutil.rmtree(data / "pictures")
        shutil.rmtree(data / "kadid-10k")
        shutil.rmtree(tmp_path / "cache")  # it stays mapped

    monkeypatch.setattr(story, "train_epoch", at_call(2, vanish, story.train_epoch))
    run = train_here(tmp_path / "run", *flags)
    result = read_record(run.result, Result)
    assert set(result.metrics) == {"val", "test", "test_oracle"}
    assert result.epochs == 2
    (agiqa,) = [note for note in result.notes if note.startswith("not tested on agiqa-3k: ")]
    (kadid,) = [note for note in result.notes if note.startswith("not tested on kadid-10k: ")]
    assert str(damaged) in agiqa
    assert "data.csv, line" in agiqa
    assert str(data / "kadid-10k") in kadid
    assert {agiqa, kadid} <= set(warnings_of(run))


def test_a_cache_cut_short_under_a_run_is_told_and_made_anew_by_the_resume(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever touches a mapped page that is gone is killed by the kernel without a word."""

    def cut() -> None:
        (pixels,) = (tmp_path / "cache").glob("*/pixels.u8")
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
        {"how": "gpu out of memory", "epoch": 2, "step": 5, "checkpoint": "last"},
        {"how": "failed", "epoch": None, "step": None, "checkpoint": "last"},
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


def without_memory_at(step: int) -> Callable[..., Tensor]:
    """A forward pass that fails at a step of training, as torch's allocator does."""
    real, steps = QualityNetwork.forward, [0]

    def forward(network: QualityNetwork, images: Tensor) -> Tensor:
        steps[0] += network.training
        if network.training and steps[0] == step:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return real(network, images)

    return forward


def test_an_evaluation_without_memory_goes_on_in_smaller_batches_and_says_so(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = QualityNetwork.forward

    def forward(network: QualityNetwork, images: Tensor) -> Tensor:
        if not network.training and len(images) > room[0]:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return real(network, images)

    monkeypatch.setattr(QualityNetwork, "forward", forward)
    room = [1]
    run = train_here(tmp_path / "run", *flags, "--epochs", 1)
    result = read_record(run.result, Result)
    assert "test: the GPU was out of memory, so 1 crops at a time were scored" in result.notes
    room[0] = 1000
    whole = read_record(train_here(tmp_path / "whole", *flags, "--epochs", 1).result, Result)
    assert result.metrics["test"] == pytest.approx(whole.metrics["test"], abs=1e-4)
    assert result.attention == pytest.approx(whole.attention, abs=1e-5)
    room[0] = 0
    with pytest.raises(GpuOutOfMemory, match="while scoring a single crop"):
        train_here(tmp_path / "none", *flags, "--epochs", 1)
    assert progress_in(RunFolder(tmp_path / "none").last_checkpoint)["step_in_epoch"] == STEPS


def test_best_weights_that_a_resume_cannot_read_are_told_and_the_best_that_follows_counts(
    tmp_path: Path, flags: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RunFolder(tmp_path / "run")
    with monkeypatch.context() as patched:
        patched.setattr(QualityNetwork, "forward", without_memory_at(STEPS + 1))
        with pytest.raises(GpuOutOfMemory):
            train_here(run.path, *flags)
    run.best_checkpoint.write_bytes(run.best_checkpoint.read_bytes()[:-100])
    train_here(run.path, *flags, "--resume")
    result = read_record(run.result, Result)
    assert result.best_epoch == 2
    assert any(
        note.startswith("the weights of epoch 1, the best until a resume, could not be read") for note in result.notes
    )
    run.result.unlink()
    run.best_checkpoint.unlink()
    with pytest.raises(BadCheckpoint, match=r"best\.pt is missing, and training is over: start a new run"):
        train_here(run.path, *flags, "--resume")


def test_what_a_resume_finds_otherwise_than_the_attempt_before_left_it_is_told_in_the_result(
    tmp_path: Path, flags: list[object]
) -> None:
    """A GPU that scored the best epoch otherwise when it was done again; another data set that is gone meanwhile."""
    write_agiqa(tmp_path / "data" / "agiqa-3k", 2)
    run = train_here(tmp_path / "run", *flags)
    first = read_record(run.result, Result)
    run.result.unlink()
    shutil.rmtree(tmp_path / "data" / "agiqa-3k")
    content = json.loads(run.checkpoint_progress.read_text())
    content["progress"]["best_metrics"]["test"]["srcc"] = 0.123
    content["progress"]["best_epoch"] = 7
    run.checkpoint_progress.write_text(json.dumps(content))
    train_here(run.path, *flags, "--resume")
    result = read_record(run.result, Result)
    assert result.metrics == {name: first.metrics[name] for name in ("val", "test", "test_oracle")}
    assert (result.best_epoch, result.attention) == (first.best_epoch, first.attention)
    assert "agiqa-3k" in first.images
    assert "agiqa-3k" not in result.images
    assert "not tested on agiqa-3k: its folder was there when the run began and is gone" in result.notes
    assert (
        f"the best weights are of epoch {first.best_epoch} as it was before a resume; done again it scored otherwise"
        in result.notes
    )
