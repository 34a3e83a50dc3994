"""The flags of `python -m training.predict`, files that are none, and how it ends early."""

import os
import subprocess
import sys

import pytest

from tests.fakes.predictions import predict, refused
from training.predict import main
from training.run import evaluate


@pytest.fixture
def run(finished):
    return finished[0]


@pytest.fixture
def picture(finished):
    return finished[0].path.parents[1] / "data" / "pictures" / "test1.jpg"


def test_what_cannot_be_a_file_is_named_in_a_line_and_the_others_are_scored(run, picture, tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    assert main([str(run.path), "x" * 300, "a\0b", str(tmp_path), str(tmp_path / "pipe"), str(picture)]) == 1
    said = capsys.readouterr()
    errors = said.err.splitlines()
    assert [line.partition(": ")[0] for line in errors] == ["error"] * 4
    assert errors[3].endswith("pipe: is no regular file; give an image file")
    assert errors[0].endswith("File name too long")
    assert "null" in errors[1]
    assert "is a folder without images" in errors[2]
    assert picture.name in said.out


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--test_patch_num", "0"), "error: argument --test_patch_num: 0 is not at least 1"),
        (("--test_patch_num", "many"), "error: argument --test_patch_num: 'many' is no whole number"),
        (("--batch_size", "0"), "error: argument --batch_size: 0 is not at least 1"),
    ],
)
def test_flags_of_predict_are_refused_in_words(capsys, flags, words):
    with pytest.raises(SystemExit) as left:
        main(["run", "image", *flags])
    assert left.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == words


def test_device_precision_and_batch_size_are_as_asked(run, picture, monkeypatch, capsys):
    monkeypatch.delenv("IQA_TUI_DEVICE", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert refused(capsys, run.path, picture)[0] == 4  # a GPU is named, and torch has none
    sizes = []
    monkeypatch.setattr(evaluate.Forward, "__call__", counting(sizes, evaluate.Forward.__call__))
    told = predict(capsys, run.path, picture, "--device", "cpu", "--precision", "fp32", "--batch_size", "1")
    assert sizes == [1, 1]
    again = predict(capsys, run.path, picture, "--device", "cpu", "--precision", "fp32", "--batch_size", "2")
    assert sizes == [1, 1, 2]
    assert told["scores"][0]["score"] == pytest.approx(again["scores"][0]["score"], rel=1e-5)


def counting(sizes, call):
    def counted(self, crops):
        sizes.append(len(crops))
        return call(self, crops)

    return counted


def test_a_reader_that_has_read_enough_ends_it_without_a_traceback(run, picture):
    unread, written = os.pipe()
    os.close(unread)
    command = [sys.executable, "-m", "training.predict", run.path, picture, "--device", "cpu"]
    done = subprocess.run(command, stdout=written, stderr=subprocess.PIPE, text=True, check=False)
    os.close(written)
    assert (done.returncode, done.stderr) == (141, "")


def test_an_interrupt_is_said_in_a_word(run, monkeypatch, capsys):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("training.run.scorer.open_scorer", interrupt)
    assert main([str(run.path), "image"]) == 130
    assert capsys.readouterr().err == "interrupted\n"
