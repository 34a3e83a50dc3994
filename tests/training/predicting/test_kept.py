"""What an interrupted command left is read, and nothing else is."""

import pytest

from training.errors import BadUsage
from training.predicting.kept import Kept, read_kept, rewrite

CSV = 'image,score,error\na.png,3.25,\nbad.png,,no image\n"b,\nc.png",-1e-05,\n'
JSON_LINES = '{"image": "a.png", "score": 3.25}\n{"image": "bad.png", "error": "no image"}\n'


def file_of(tmp_path, text):
    path = tmp_path / "out"
    path.write_text(text)
    return path


def test_scores_are_kept_and_failures_are_tried_again(tmp_path):
    kept = read_kept(file_of(tmp_path, CSV), "csv")
    assert kept.scores == {"a.png": 3.25, "b,\nc.png": -1e-05}
    assert kept.content.decode() == CSV.replace("bad.png,,no image\n", "")
    kept = read_kept(file_of(tmp_path, JSON_LINES), "jsonl")
    assert kept == Kept(b'{"image": "a.png", "score": 3.25}\n', {"a.png": 3.25})


@pytest.mark.parametrize(("form", "text"), [("csv", CSV), ("jsonl", JSON_LINES)])
def test_a_torn_last_line_is_dropped_wherever_it_is_torn(tmp_path, form, text):
    for end in range(len(text)):
        scores = read_kept(file_of(tmp_path, text[:end]), form).scores
        assert scores.get("a.png", 3.25) == 3.25
        assert set(scores) <= {"a.png", "b,\nc.png"}


def test_no_file_holds_nothing_and_none_is_made(tmp_path):
    kept = read_kept(tmp_path / "out", "csv")
    assert kept == Kept(b"", {})
    rewrite(tmp_path / "out", kept)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("form", "text", "line"),
    [
        ("csv", "name,mos\na.png,3\n", 1),
        ("csv", "image,score,error\na.png,good,\n", 2),
        ("csv", "image,score,error\na.png,3\n", 2),
        ("jsonl", '{"image": "a.png", "score": 3}\n{"kind": "step"}\n', 2),
        ("jsonl", "image,score,error\n", 1),
        ("jsonl", "[1]\n", 1),
    ],
)
def test_a_file_of_another_kind_is_refused_with_its_line(tmp_path, form, text, line):
    with pytest.raises(BadUsage, match=f"line {line} of .*out is none that this program writes as {form}"):
        read_kept(file_of(tmp_path, text), form)


def test_a_score_of_another_network_is_told_from_other_last_digits():
    kept = Kept(b"", {"a.png": 60.0, "b.png": 0.5})
    assert kept.is_of("a.png", 60.9)
    assert not kept.is_of("a.png", 62)
    assert kept.is_of("b.png", 0.51)
    assert not kept.is_of("b.png", 0.6)
