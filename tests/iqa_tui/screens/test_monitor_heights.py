"""How many lines each part of the monitor screen gets."""

from __future__ import annotations

import pytest
from textual.widget import Widget

from iqa_tui.screens.monitor_heights import TopHeights, notes_height, set_height, top_heights


@pytest.mark.parametrize(
    ("height", "rows", "device_lines", "expected"),
    [
        (40, 7, 4, TopHeights(9)),
        (40, 3, 9, TopHeights(11)),
        (40, 30, 4, TopHeights(18)),
        (15, 1, 0, TopHeights(6)),
    ],
)
def test_a_wide_screen_gives_the_higher_of_table_and_devices(
    height: int, rows: int, device_lines: int, expected: TopHeights
) -> None:
    assert top_heights(height, rows, device_lines, wide=True) == expected


@pytest.mark.parametrize(
    ("rows", "device_lines", "expected"),
    [
        (7, 2, TopHeights(13, 9, 4)),
        (7, 0, TopHeights(9, 9, 0)),
        (30, 2, TopHeights(13, 9, 4)),
        (30, 20, TopHeights(15, 7, 8)),
    ],
)
def test_a_narrow_screen_stacks_them(rows: int, device_lines: int, expected: TopHeights) -> None:
    assert top_heights(24, rows, device_lines, wide=False) == expected


def test_notes_get_the_lines_that_they_want_as_far_as_the_curves_keep_theirs() -> None:
    assert notes_height(24, 13, 2) == 2
    assert notes_height(24, 13, 9) == 5
    assert notes_height(24, 17, 9) == 2
    assert notes_height(15, 13, 9) == 0


def test_a_height_that_a_widget_has_is_not_set_again(monkeypatch: pytest.MonkeyPatch) -> None:
    widget, laid_out = Widget(), []
    monkeypatch.setattr(type(widget.styles), "refresh", lambda *_, **options: laid_out.append(options))
    for height in (4, 4, 5):
        set_height(widget, height)
    assert len(laid_out) == 2
    assert widget.styles.height.value == 5


def test_a_height_is_given_back_to_the_style_sheet() -> None:
    widget = Widget()
    set_height(widget, None)
    set_height(widget, 7)
    assert widget.styles.inline.has_rule("height")
    set_height(widget, None)
    assert not widget.styles.inline.has_rule("height")
