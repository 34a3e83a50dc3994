"""BID in its true layout."""

import pytest

from tests.fakes.opened_datasets import item_of, opened
from tests.fakes.public_datasets import (
    WRITERS,
    write_sheet,
)
from training.errors import BadData


def test_bids_images_are_named_by_number(folders):
    item = item_of(opened("bid", folders["bid"]), "DatabaseImage0007.JPG")
    assert item.mos == pytest.approx(1.4)


def test_published_bid_is_squeezed_into_squares(folders):
    sizing = opened("bid", folders["bid"], "--protocol", "published").sizing
    assert sizing.size_for(1704, 2272, 224) == (512, 512)


def test_a_bad_grade_of_bid_is_refused_with_its_line(tmp_path):
    folder = WRITERS["bid"](tmp_path)
    write_sheet(folder / "DatabaseGrades.xlsx", [("n", "g"), (1, 2.0), (2, "?")])
    with pytest.raises(BadData, match=r"DatabaseGrades\.xlsx, line 3: column grade holds '\?'"):
        opened("bid", folder)
