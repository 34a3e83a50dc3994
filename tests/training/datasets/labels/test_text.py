"""Label files in the encodings of spreadsheets: taken, or refused with the line and the way out."""

import pytest

from training.datasets.labels.text import read_text
from training.errors import BadData


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_is_read_with_or_without_a_byte_order_mark(tmp_path, encoding):
    path = tmp_path / "labels.csv"
    path.write_text("image,mos\ncafé.jpg,3\n", encoding=encoding)
    assert read_text(path, "CSV") == ("image,mos\ncafé.jpg,3\n", "")


def test_what_is_not_utf_8_is_read_as_windows_writes_it_and_errors_say_so(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_bytes("image,mos\ncafé – 1.jpg,3\n".encode("cp1252"))
    text, remark = read_text(path, "CSV")
    assert "café – 1.jpg" in text
    assert remark == " (not UTF-8: read as Windows-1252)"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            "image,mos\na.jpg,3\n".encode("utf-16"),
            r"labels\.csv: cannot be read as CSV \(it begins as UTF-16 does\); save it",
        ),
        ("image,mos\n".encode("utf-16-le"), r"labels\.csv, line 1: .*it holds '\\x00'"),
        (b"image,mos\na.jpg\x00,3\n", r"labels\.csv, line 2: cannot be read as CSV \(it holds '\\x00'\)"),
        (b"image,mos\ra\x00.jpg,3\r", r"labels\.csv, line 2: "),
        (b"image,mos\n\xe9\x01.jpg,3\n", r"labels\.csv, line 2: cannot be read as CSV \(it holds '\\x01'\)"),
        (
            b"image,mos\n\x81.jpg,3\n",
            r"labels\.csv, line 2: cannot be read as CSV \(byte 0x81 is not UTF-8\); save it as",
        ),
    ],
)
def test_bytes_that_no_label_file_has_are_refused_with_their_line_and_the_way_out(tmp_path, content, words):
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    with pytest.raises(BadData, match=words):
        read_text(path, "CSV")


def test_a_folder_in_the_place_of_a_label_file_is_named(tmp_path):
    with pytest.raises(BadData, match="cannot be read as CSV"):
        read_text(tmp_path, "CSV")
