"""Labels in MATLAB files: a fault is named with its file and entry."""

import numpy as np
import pytest

from tests.fakes.opened_datasets import opened
from tests.fakes.public_datasets import (
    WRITERS,
    cells,
    write_mat,
)
from training.errors import BadData


@pytest.mark.parametrize(
    ("file", "variables", "words"),
    [
        ("AllMOS_release", {"MOS": np.zeros((1, 27))}, r"AllMOS_release\.mat: no variable AllMOS_release"),
        (
            "AllMOS_release",
            {"AllMOS_release": np.zeros((1, 26))},
            r"has 27 entries and .*AllMOS_release\.mat has 26 entries: the two must list the same images",
        ),
        ("AllMOS_release", {"AllMOS_release": np.full((1, 27), np.nan)}, r"entry 8: column AllMOS_release holds nan"),
        ("AllStdDev_release", {"AllStdDev_release": np.full((1, 27), -1.0)}, r"entry 8: column AllStdDev_release"),
        ("AllImages_release", {"AllImages_release": cells(["3.bmp"] * 27)}, r"entry 9: image 3\.bmp was named already"),
    ],
)
def test_a_bad_label_in_a_matlab_file_is_refused_with_file_and_entry(tmp_path, file, variables, words):
    folder = WRITERS["livec"](tmp_path)
    write_mat(folder / "Data" / f"{file}.mat", **variables)
    with pytest.raises(BadData, match=words):
        opened("livec", folder)
