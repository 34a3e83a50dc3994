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


@pytest.mark.parametrize("name", ["scores.csv", "scores.jsonl"])
def test_an_interrupted_list_keeps_what_was_scored_and_goes_on_after_it(run, picture, tmp_path, capsys, name):
    output = tmp_path / name
    pictures = [str(picture.with_name(f"test{number}.jpg")) for number in range(4)]
    common = [str(run.path), "--output", str(output), "--device", "cpu"]
    assert main([*common, *pictures]) == 0
    whole = output.read_text()
    output.write_text("".join(whole.splitlines(keepends=True)[:3]) + '"torn')
    assert main([*common, *pictures]) == 2
    assert "the file exists; --resume adds the images" in capsys.readouterr().err
    assert main([*common, "--resume", *pictures]) == 0
    assert [line.partition(".jpg")[0] for line in output.read_text().splitlines()] == [
        line.partition(".jpg")[0] for line in whole.splitlines()
    ]
    said = capsys.readouterr()
    assert "images have their score in" in said.err
    assert said.out == ""


def test_an_interrupt_in_the_middle_leaves_the_lines_before_it(run, picture, tmp_path, capsys, monkeypatch):
    def lines():
        yield f"{picture}\n".encode()
        raise KeyboardInterrupt

    monkeypatch.setattr("training.predict._lines_of_input", lines)
    output = tmp_path / "scores.csv"
    assert main([str(run.path), "-", "--output", str(output), "--batch_size", "2", "--device", "cpu"]) == 130
    assert [line.split(",")[0] for line in output.read_text().splitlines()] == ["image", str(picture)]
    assert capsys.readouterr().err == "interrupted\n"


def test_scores_of_another_network_are_not_mixed(run, picture, tmp_path, capsys):
    output = tmp_path / "scores.csv"
    before = f"image,score,error\n{picture},-77.5,\n"
    output.write_text(before)
    assert main([str(run.path), str(picture), "--output", str(output), "--resume"]) == 2
    assert "has the score -77.5 in" in capsys.readouterr().err
    assert output.read_text() == before


def test_a_folder_and_a_list_are_scored_and_csv_has_a_row_for_a_broken_image(run, picture, tmp_path):
    (tmp_path / "text.jpg").write_text("no picture")
    listed = f"{picture}\n{tmp_path}\n"
    command = [sys.executable, "-m", "training.predict", run.path, "-", "--format", "csv", "--device", "cpu"]
    done = subprocess.run(command, input=listed, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    header, good, bad = done.stdout.splitlines()
    assert (header, good.startswith(f"{picture},")) == ("image,score,error", True)
    assert bad.startswith(f"{tmp_path / 'text.jpg'},,")
    (error,) = done.stderr.splitlines()  # no progress: it is no terminal
    assert error.startswith(f"error: {tmp_path / 'text.jpg'}: cannot be read as an image")


def test_an_output_that_cannot_be_written_is_named(run, picture, tmp_path, capsys):
    output = tmp_path / "nowhere" / "scores.csv"
    code, line = refused(capsys, run.path, picture, "--output", output, "--device", "cpu")
    assert (code, line) == (4, f"error: {output}: No such file or directory")


@pytest.mark.parametrize("flags", [["--resume"], ["--resume", "--output", "a.txt"], ["--resume", "--json"]])
def test_only_a_file_of_lines_can_be_gone_on_with(flags, capsys):
    with pytest.raises(SystemExit) as left:
        main(["run", "image", *flags])
    assert left.value.code == 2
    assert "--resume goes on with an --output file of --format csv or jsonl" in capsys.readouterr().err
