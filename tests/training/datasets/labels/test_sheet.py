"""Labels in an Excel sheet: a fault is named with its file and line."""

import re
import zipfile

import pytest

from tests.fakes.opened_datasets import opened
from tests.fakes.public_datasets import (
    WRITERS,
    write_sheet,
)
from training.errors import BadData


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("Image", "MOS"), ("00001.jpg", 3)], r"line 1: no column Image name; the columns are Image, MOS"),
        ([("Image name", "MOS"), ("00001.jpg", "nan")], "line 2: column MOS holds nan"),
        ([("Image name", "MOS"), (None, None), ("00001.jpg", None)], "line 3: column MOS is empty"),
        ([], "line 1: no column Image name"),
    ],
)
def test_a_bad_label_in_a_sheet_is_refused_with_file_and_line(tmp_path, rows, words):
    folder = WRITERS["spaq"](tmp_path)
    write_sheet(folder / "Annotations" / "MOS and Image attribute scores.xlsx", rows)
    with pytest.raises(BadData, match=rf"scores\.xlsx, {words}"):
        opened("spaq", folder)


def test_a_sheet_that_gives_its_own_size_wrongly_is_read_to_its_end(tmp_path):
    folder = WRITERS["spaq"](tmp_path)
    path = folder / "Annotations" / "MOS and Image attribute scores.xlsx"
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, part in parts.items():
            wrong = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', part)
            assert name != "xl/worksheets/sheet1.xml" or wrong != part
            book.writestr(name, wrong)
    assert len(opened("spaq", folder).items) == 20


def test_a_sheet_that_is_cut_within_is_refused_by_name(tmp_path):
    folder = WRITERS["spaq"](tmp_path)
    path = folder / "Annotations" / "MOS and Image attribute scores.xlsx"
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    with zipfile.ZipFile(path, "w") as book:
        for name, part in parts.items():
            book.writestr(name, part[: len(part) // 2] if name == "xl/worksheets/sheet1.xml" else part)
    with pytest.raises(BadData, match=r"scores\.xlsx: cannot be read as an Excel file"):
        opened("spaq", folder)
