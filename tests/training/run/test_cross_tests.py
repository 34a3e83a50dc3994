"""After training the network is tested on other data sets that lie beside its own."""

import csv
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.fakes.opened_datasets import decoded
from tests.fakes.photographs import write_csv_dataset
from tests.fakes.public_datasets import write_agiqa, write_kadid, write_spaq
from tests.fakes.trainer_processes import SMALL, train_here
from tests.fakes.trouble import at_call, warnings_of
from training.checkpoints.best import load_best
from training.datasets import open_cross_dataset
from training.errors import BadData, Stopped
from training.flags import parse
from training.run import story
from training.run import story as run_story
from training.runfolder.events import read_events
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result


def config(*flags: str):
    return parse(["--dataset", "csv", *flags])


def test_other_data_sets_are_found_beside_the_runs_own_or_below_the_folder_of_all(tmp_path, monkeypatch):
    labels = str(write_csv_dataset(tmp_path / "own", train=2, val=1, test=1))
    assert config("--data_path", labels).cross_folders() == {}
    (tmp_path / "own" / "spaq").mkdir()
    (tmp_path / "all" / "kadid-10k").mkdir(parents=True)
    monkeypatch.setenv("IQA_TUI_DATA", str(tmp_path / "all"))
    beside, below = tmp_path / "own" / "spaq", tmp_path / "all" / "kadid-10k"
    assert config("--data_path", labels).cross_folders() == {"spaq": beside, "kadid-10k": below}
    assert config("--data_path", labels, "--no_spaq").cross_folders() == {"kadid-10k": below}
    assert parse(["--dataset", "kadid-10k"]).cross_folders() == {}
    assert parse(["--dataset", "demo"]).cross_folders() == {}


def test_every_image_of_another_data_set_is_tested_on(tmp_path):
    folder = write_kadid(tmp_path / "kadid-10k")
    dataset = open_cross_dataset("kadid-10k", folder, config("--data_path", "x"))
    assert {item.split for item in dataset.items} == {"test"}
    assert len(dataset.items) == 30
    limited = open_cross_dataset("kadid-10k", folder, config("--data_path", "x", "--limit_test_images", "4"))
    assert len(limited.items) == 4
    (folder / "images" / "I00_01_01.png").unlink()
    with pytest.raises(BadData, match=r"dmos\.csv, line 3"):
        open_cross_dataset("kadid-10k", folder, config("--data_path", "x"))


def test_the_published_protocol_brings_other_data_sets_to_the_published_size(tmp_path):
    folder = write_agiqa(tmp_path / "agiqa-3k", 2)
    clean, published = (
        open_cross_dataset("agiqa-3k", folder, config("--data_path", "x", "--protocol", protocol))
        for protocol in ("clean", "published")
    )
    assert decoded(clean)[0].shape == (64, 64, 3)
    assert decoded(published)[0].shape == (512, 384, 3)


def test_a_run_is_tested_elsewhere_with_its_best_weights(tmp_path, capsys):
    data = tmp_path / "data"
    labels = write_csv_dataset(data)
    for name, write in (("spaq", write_spaq), ("agiqa-3k", write_agiqa)):
        write(data / name, 6)
    run = train_here(tmp_path / "run", *SMALL, "--data_path", labels, "--no_spaq")
    result = read_record(run.result, Result)
    assert set(result.metrics) == {"val", "test", "test_oracle", "agiqa-3k"}
    assert result.images["agiqa-3k"] == 6
    evaluated = [event.fields for event in read_events(run) if event.kind == "evaluated"][-1]
    assert (evaluated["split"], evaluated["epoch"]) == ("agiqa-3k", result.best_epoch)
    with run.score_file("agiqa-3k", "test").open() as file:
        rows = list(csv.DictReader(file))
    assert sorted(float(row["mos"]) for row in rows) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert capsys.readouterr().out.splitlines()[-1].startswith("test SRCC")


def test_a_stop_while_testing_elsewhere_keeps_the_last_epoch_and_a_resume_only_tests(tmp_path, monkeypatch):
    labels = write_csv_dataset(tmp_path / "data")
    write_agiqa(tmp_path / "data" / "agiqa-3k", 4)
    run = RunFolder(tmp_path / "run")
    flags = [*SMALL, "--data_path", labels]

    def stopped(setup, progress):
        load_best(run.best_checkpoint, setup.network)
        raise Stopped("stopped during evaluation")

    with monkeypatch.context() as patched:
        patched.setattr(run_story, "score_elsewhere", stopped)
        with pytest.raises(Stopped, match="stopped while testing on other data sets; go on with --run_folder"):
            train_here(run.path, *flags)
    before = run.last_checkpoint.read_bytes()
    assert not run.result.exists()
    steps = sum(event.kind == "step" for event in read_events(run))
    train_here(run.path, *flags, "--resume")
    assert "agiqa-3k" in read_record(run.result, Result).metrics
    assert sum(event.kind == "step" for event in read_events(run)) == steps
    assert run.last_checkpoint.read_bytes() == before


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


def test_images_that_were_changed_to_be_scored_are_counted_in_the_result(tmp_path: Path, flags: list[object]) -> None:
    data = tmp_path / "data"
    agiqa = next(write_agiqa(data / "agiqa-3k", 2).rglob("*.jpg"))
    for path, mode, side in ((data / "pictures" / "test1.jpg", "LA", 72), (agiqa, "RGB", 500)):
        path.unlink()
        Image.new(mode, (side, side)).save(path, format="PNG")
    run = train_here(tmp_path / "run", *flags, "--epochs", "0")
    told = [note for note in read_record(run.result, Result).notes if " images " in note and "fit" not in note]
    assert told == [
        "csv: 1 of 8 images have transparent pixels, which are shown on white; the first is pictures/test1.jpg",
        "agiqa-3k: 1 of 2 images were shrunk to a short side of 384 pixels before crops were cut",
    ]
    assert told[0] in warnings_of(run)
