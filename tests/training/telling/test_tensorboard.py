"""TensorBoard event files of a run, read back as TensorBoard reads them."""

from __future__ import annotations

import importlib.util
import json

import pytest

from tests.fakes.photographs import write_csv_dataset
from tests.fakes.trainer_processes import SMALL, train_here
from training.flags import parse
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder
from training.telling.tensorboard import BoardedEvents, open_events

CONFIG = parse(["--dataset", "demo", "--train_test_num", "1", "--tensorboard", "--lr", "3e-4"])


def read_back(run: RunFolder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    return EventAccumulator(str(run.tensorboard)).Reload()


def points(run: RunFolder, tag: str) -> list[tuple[int, float]]:
    return [(event.step, pytest.approx(event.value)) for event in read_back(run).Scalars(tag)]


def tell(run: RunFolder, attempt: int, *events: int | str, resumed_at: int | None = None) -> None:
    """An attempt that reports these: a number is a step, whose loss is it and the attempt; a word is a split's scores."""
    writer = open_events(run, attempt, CONFIG)
    assert isinstance(writer, BoardedEvents)
    if resumed_at is not None:
        writer.write("resumed", name="last", epoch=1, step=resumed_at)
    for event in events:
        if isinstance(event, int):
            writer.write(
                "step", epoch=1, step=event, loss=event + attempt / 10, lr=1e-3, grad_norm=0.5, images_per_second=50.0
            )
        else:
            metrics = {"srcc": attempt / 10, "plcc": 0.5, "krcc": None, "rmse": 2.0, "plcc_fitted": 0.6}
            writer.write("evaluated", epoch=1, split=event, metrics=metrics)
    writer.close()


def test_a_run_shows_what_its_events_say(tmp_path, capsys):
    labels = write_csv_dataset(tmp_path / "data")
    run = train_here(tmp_path / "run", *SMALL, "--data_path", labels, "--tensorboard", "--loss_type", "l1+2*plcc")
    events = read_events(run)
    steps = [event.fields for event in events if event.kind == "step"]
    for tag in ("loss", "loss_l1", "loss_plcc", "lr", "grad_norm", "images_per_second"):
        assert points(run, tag) == [(fields["step"], fields[tag]) for fields in steps]
    for split in ("val", "test"):
        scores = [
            event.fields["metrics"] for event in events if event.kind == "evaluated" and event.fields["split"] == split
        ]
        for metric in ("srcc", "plcc", "krcc", "rmse"):
            assert points(run, f"{metric}/{split}") == [(4 * n, one[metric]) for n, one in enumerate(scores, start=1)]
    board = read_back(run)
    assert set(board.Tags()["tensors"]) == {"command/text_summary", "flags/text_summary"}
    (told,) = board.Tensors("command/text_summary")
    assert told.tensor_proto.string_val[0].decode().strip().startswith("python -m training --dataset csv")
    (told,) = board.Tensors("flags/text_summary")
    assert json.loads(told.tensor_proto.string_val[0])["lr"] == 1e-3
    assert "_hparams_/session_start_info" in board.PluginTagToContent("hparams")


def test_a_resumed_run_shows_no_step_and_no_score_twice(tmp_path):
    run = RunFolder(tmp_path)
    tell(run, 1, 1, 4, "val", "test", 5, 8, "val")  # killed; the checkpoint is from step 6
    tell(run, 2, 7, 8, "val", resumed_at=6)  # killed; that step is the checkpoint's
    tell(run, 3, "val", "test", "spaq", resumed_at=8)
    tell(run, 4, "spaq", "kadid-10k", resumed_at=8)
    assert points(run, "loss") == [(1, 1.1), (4, 4.1), (5, 5.1), (7, 7.2), (8, 8.2)]
    assert points(run, "srcc/val") == [(4, 0.1), (8, 0.2)]
    assert points(run, "srcc/test") == [(4, 0.1), (8, 0.3)]
    assert points(run, "srcc/spaq") == [(8, 0.3)]
    assert points(run, "srcc/kadid-10k") == [(8, 0.4)]
    assert "krcc/val" not in read_back(run).Tags()["scalars"]
    assert read_back(run).Tags()["tensors"] == ["command/text_summary", "flags/text_summary"]


def test_a_run_that_begins_anew_hides_all_it_showed(tmp_path):
    run = RunFolder(tmp_path)
    tell(run, 1, 1, 4, "val")
    tell(run, 2, 1, 4, "val", resumed_at=None)
    assert points(run, "loss") == [(1, 1.2), (4, 4.2)]
    assert points(run, "srcc/val") == [(4, 0.2)]


def test_a_board_that_cannot_be_written_ends_no_run(tmp_path):
    run = RunFolder(tmp_path)
    run.tensorboard.write_text("in the way")
    tell(run, 1, 1, 2, "test")
    assert [event.kind for event in read_events(run)] == ["step", "warning", "step", "evaluated"]


def test_without_the_package_the_flag_is_refused_before_anything_begins(monkeypatch, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "tensorboard" else found(name))
    with pytest.raises(SystemExit) as left:
        parse(["--dataset", "demo", "--tensorboard"])
    assert left.value.code == 2
    assert "pip install 'iqa-tui[tensorboard]'" in capsys.readouterr().err.splitlines()[-1]


def test_without_the_flag_nothing_is_shown_and_the_package_not_needed(tmp_path):
    writer = open_events(RunFolder(tmp_path), 1, parse(["--dataset", "demo"]))
    writer.write("step", epoch=1, step=1, loss=1.0, lr=1.0, images_per_second=1.0)
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["events.jsonl"]
