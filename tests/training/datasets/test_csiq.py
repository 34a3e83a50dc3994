"""CSIQ in its true layout."""

import pytest

from tests.fakes.opened_datasets import item_of, opened
from tests.fakes.public_datasets import write_csiq, write_official_csiq, write_sheet
from training.errors import BadData


def test_csiqs_dmos_is_turned_round(folders):
    dataset = opened("csiq", folders["csiq"])
    assert item_of(dataset, "1600.AWGN.2.png").mos == pytest.approx(0.98)
    assert {item.group for item in dataset.items} == {str(1600 + n) for n in range(10)}


def test_csiq_is_read_as_its_authors_give_it(tmp_path):
    dataset = opened("csiq", write_official_csiq(tmp_path))
    assert len(dataset.items) == 10 * 6 * 3
    item = item_of(dataset, "1601.jpeg2000.3.png")
    assert item.path == tmp_path / "dst_imgs" / "jpeg2000" / "1601.jpeg2000.3.png"
    assert (item.mos, item.mos_sd, item.group) == (pytest.approx(1 - 0.33), pytest.approx(0.04), "1601")
    assert {item.path.parent.name for item in dataset.items} == {
        "awgn",
        "blur",
        "contrast",
        "fnoise",
        "jpeg",
        "jpeg2000",
    }


def test_both_layouts_of_csiq_have_the_same_split(tmp_path):
    official, copied = opened("csiq", write_official_csiq(tmp_path / "a")), opened("csiq", write_csiq(tmp_path / "b"))
    splits = [{(item.group, item.split) for item in dataset.items} for dataset in (official, copied)]
    assert splits[0] == splits[1]


@pytest.mark.parametrize(
    ("sheet", "cells", "words"),
    [
        (
            "all_by_image",
            ("1600", 0, "rain", 1, 0.1, 0.2),
            r"xlsx, line 5: column dst_type holds 'rain'; it must be one of",
        ),
        ("all_by_image", ("1600", 0, "blur", 1, 0.1, "?"), r"xlsx, line 5: column dmos holds '\?'"),
        ("by_hand", ("1600", 0, "blur", 1, 0.1, 0.2), r"xlsx: has no sheet all_by_image; its sheets are by_hand"),
    ],
)
def test_a_bad_sheet_of_csiq_is_refused_with_its_line(tmp_path, sheet, cells, words):
    header = ("image", "dst_idx", "dst_type", "dst_lev", "dmos_std", "dmos")
    blank = (None,) * 3
    write_sheet(tmp_path / "csiq.DMOS.xlsx", [(), (), (), (*blank, *header), (*blank, *cells)], sheet=sheet)
    with pytest.raises(BadData, match=words):
        opened("csiq", tmp_path)
