"""The first line of every screen."""

from __future__ import annotations

import pytest

from iqa_tui.panels.header import HeaderBar
from iqa_tui.widgets.canvas import line_width

HEADLINES = ("best F3 val 0.9361", "2 running", "1 queued", "48 min left")


def header(width: int, title: str = "koniq-losses", headlines: tuple[str, ...] = HEADLINES) -> tuple[str, int]:
    bar = HeaderBar("monitor")
    bar._title, bar._headlines = title, headlines
    (line,) = bar.draw(width, 1)
    return "".join(text for text, _ in line), line_width(line)


def test_a_wide_one_says_what_is_shown_the_screens_and_how_many_runs_do_what() -> None:
    text, width = header(140)
    assert text.startswith(" iqa-tui · koniq-losses ")
    assert text.index(" 1 Launch  2 Monitor  3 Results ") == 40
    assert text.endswith(" best F3 val 0.9361 · 2 running · 1 queued · 48 min left ")
    assert width == 140


def test_a_narrow_one_leaves_out_what_is_shown() -> None:
    text, width = header(80)
    assert "koniq-losses" not in text
    assert text.index(" 1 Launch ") == 9
    assert width == 80


def test_what_the_line_has_no_room_for_is_left_out_whole() -> None:
    assert header(80)[0].endswith("3 Results         best F3 val 0.9361 · 2 running ")
    assert header(64)[0].endswith(" best F3 val 0.9361 ")
    assert header(50)[0].endswith(" 3 Results ")


@pytest.mark.parametrize("width", range(42, 112))
def test_no_headline_touches_the_tabs(width: int) -> None:
    """The last tab ends in a blank, which has its colour if it is the screen that is shown."""
    text, cells = header(width)
    rest = text[text.index("3 Results ") + len("3 Results ") :]
    assert not rest.strip() or (rest[0] == " " and cells == width)


@pytest.mark.parametrize("title", ["損" * 60, "x" * 60])
def test_a_long_title_moves_no_tab(title: str) -> None:
    text, width = header(140, title)
    assert "…" in text
    assert width == 140
    assert line_width([(text[: text.index(" 1 Launch ")], "")]) == 40
