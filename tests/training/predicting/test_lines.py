"""What is written for each image."""

import csv
import io
import json
from types import SimpleNamespace

import pytest

from training.predicting.images import Failure
from training.predicting.lines import Csv, Json, JsonLines, Text
from training.run.scorer import Prediction

GOOD = Prediction("a.png", 3.123456789012345, None)
BAD = Failure("b.png", "b.png: no such image")
STRANGE = Prediction("a\x1b]0;x\x07\nb.png", 1.0, [0.25] * 4)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def model(scale=(0.0, 5.0)):
    return SimpleNamespace(dataset="demo", scale=scale, scorer=SimpleNamespace(calibration=None, note="a note"))


def written(kind, *results, file=None, **flags):
    file = file or io.StringIO()
    writer = kind(file, **flags)
    writer.begin(model())
    for result in results:
        writer.add(result)
    writer.end()
    return file.getvalue()


def test_text_names_the_scale_and_shows_a_name_as_text():
    header, good, strange = written(Text, GOOD, BAD, STRANGE).splitlines()
    assert header == "     score  image (scale of demo: 0 to 5)"
    assert good == "    3.1235  a.png"
    assert strange.endswith(r"1.0000  a\x1b]0;x\x07 b.png")


def test_text_says_that_higher_is_better_if_scores_have_no_scale():
    file = io.StringIO()
    Text(file).begin(model(scale=None))
    assert file.getvalue() == "     score  image (higher is better)\n"


def test_csv_keeps_every_digit_and_every_name_and_has_a_row_for_a_failure():
    rows = list(csv.DictReader(io.StringIO(written(Csv, GOOD, BAD, STRANGE), newline="")))
    assert [row["image"] for row in rows] == [GOOD.image, BAD.image, STRANGE.image]
    assert float(rows[0]["score"]) == GOOD.score
    assert (rows[0]["error"], rows[1]["score"], rows[1]["error"]) == ("", "", BAD.error)


def test_csv_on_a_terminal_is_harmless():
    assert "\x1b" not in written(Csv, STRANGE, file=Terminal())


def test_csv_that_goes_on_has_no_second_header():
    assert written(Csv, GOOD, has_header=True) == "a.png,3.123456789012345,\n"


def test_json_lines_are_an_object_each():
    good, bad = map(json.loads, written(JsonLines, GOOD, BAD).splitlines())
    assert good == {"image": "a.png", "score": GOOD.score, "attention": None, "was_transparent": False}
    assert bad == {"image": "b.png", "error": BAD.error}


def test_json_is_one_object_with_all_that_is_known_of_the_scores():
    told = json.loads(written(Json, GOOD, BAD, network="runs/one"))
    assert (told["network"], told["dataset"], told["scale"], told["note"]) == ("runs/one", "demo", [0.0, 5.0], "a note")
    assert [score["image"] for score in told["scores"]] == ["a.png"]
    assert told["errors"] == {"b.png": BAD.error}


@pytest.mark.parametrize("kind", [Text, Csv, JsonLines])
def test_a_line_is_out_before_the_next_image_is_scored(kind, tmp_path):
    with (tmp_path / "out").open("w") as file:
        writer = kind(file)
        writer.begin(model())
        writer.add(GOOD)
        assert "a.png" in (tmp_path / "out").read_text()
