"""Labels in an Excel sheet: a fault is named with its file and line."""

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
