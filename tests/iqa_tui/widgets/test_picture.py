"""Pictures as lines of a terminal."""

from __future__ import annotations

import pytest

from iqa_tui.widgets.picture import INK, Picture, characters, half_blocks


def test_a_cell_shows_two_pixels_one_above_the_other() -> None:
    red, green, blue = b"\xff\0\0", b"\0\xff\0", b"\0\0\xff"
    assert half_blocks(2, 2, red + green + blue + blue) == [
        [("▀", "pixels-ff0000-0000ff"), ("▀", "pixels-00ff00-0000ff")]
    ]


def test_cells_of_equal_colours_are_one_span_and_a_last_odd_row_has_nothing_below() -> None:
    assert half_blocks(3, 1, b"\1\2\3" * 3) == [[("▀▀▀", "pixels-010203-")]]


def test_without_colours_darker_and_lighter_are_less_and_more_ink() -> None:
    assert characters(bytes([0, 128, 255]), INK) == " +@"
    assert characters(bytes([0, 255]), INK[::-1]) == "@ "


@pytest.mark.parametrize("size", [(1, 1), (10, 3), (40, 10)])
def test_words_stand_in_its_place_at_any_size(size: tuple[int, int]) -> None:
    picture = Picture(id="p")
    picture._words = "The image is not on this machine. Looked for /data/1024x768/a.jpg."
    lines = picture.draw(*size)
    assert any("The" in text for line in lines for text, _ in line)


def test_a_picture_stands_in_the_middle() -> None:
    picture = Picture(id="p")
    picture._pixels = (2, 2, bytes(12))
    assert picture.draw(6, 5) == [[], [], [("  ", ""), ("▀▀", "pixels-000000-000000")]]
