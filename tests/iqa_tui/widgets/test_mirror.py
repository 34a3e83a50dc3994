"""The shortest text that makes a terminal show a frame, tried on a terminal emulator."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

from iqa_tui.widgets.mirror import Mirror, colours_of

WIDTH, HEIGHT = 24, 4
STYLES = ("", "bold", "red", "on #203040", "bold #aabbcc on #101010", "underline reverse", "dim italic")


def mirror() -> Mirror:
    return Mirror(WIDTH, HEIGHT, ColorSystem.TRUECOLOR)


def put(on: Mirror, y: int, x: int, *words: tuple[str, str]) -> None:
    on.put([(y, x, [Segment(text, Style.parse(style)) for text, style in words], on.width)])


class Terminal:
    def __init__(self) -> None:
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.screen.reset_mode(7)  # the app switches line wrap off
        self._stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        self._stream.feed(text)

    def cells(self) -> list[list[tuple[object, ...]]]:
        return [[_cell(self.screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


def _cell(cell: pyte.screens.Char) -> tuple[object, ...]:
    return tuple(cell)


words = st.tuples(st.text(st.sampled_from("ab ─⣿█é界あ"), min_size=1, max_size=12).map(str), st.sampled_from(STYLES))
pieces = st.tuples(st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1), words)


@given(st.lists(st.lists(pieces, max_size=5), min_size=1, max_size=6))
@settings(deadline=None)
def test_a_terminal_that_gets_the_differences_shows_what_a_new_one_shows(frames):
    """Frame after frame, with wide characters half covered by others."""
    followed, on = Terminal(), mirror()
    for frame in frames:
        for y, x, word in frame:
            put(on, y, x, word)
            for row in on._wanted:  # a compositor never leaves half of a wide character
                _mend(row)
        followed.feed(on.difference())
    on.forget()
    fresh = Terminal()
    fresh.feed(on.difference())
    assert followed.cells() == fresh.cells()


def _mend(row):
    for place, (character, number) in enumerate(row):
        is_second = character == ""
        was_wide = place > 0 and len(row[place - 1][0]) == 1 and row[place - 1][0] in "界あ"
        if is_second and not was_wide:
            row[place] = (" ", number)
        elif character and character in "界あ" and (place + 1 == len(row) or row[place + 1][0] != ""):
            row[place] = ("?", number)


def test_nothing_is_sent_if_nothing_changed():
    on = mirror()
    put(on, 1, 2, ("loss", "red"))
    assert on.difference()
    assert on.difference() == ""
    put(on, 1, 2, ("loss", "red"))
    assert on.difference() == ""


def test_only_the_cells_that_differ_are_sent_with_only_the_colours_that_differ():
    on = mirror()
    put(on, 0, 0, ("loss 0.1234", "#aabbcc on #101010"))
    on.difference()
    put(on, 0, 0, ("loss 0.1", "#aabbcc on #101010"), ("9", "#ffffff on #101010"), ("34", "#aabbcc on #101010"))
    assert on.difference() == "\x1b[1;9H\x1b[38;2;255;255;255;48;2;16;16;16m9\x1b[0m"
    put(on, 0, 8, ("8", "#ffffff on #101010"), ("x", "#aabbcc on #101010"))
    assert on.difference() == "\x1b[1;9H\x1b[38;2;255;255;255;48;2;16;16;16m8\x1b[38;2;170;187;204mx\x1b[0m"


def test_a_change_far_from_another_is_jumped_to_within_the_line():
    on = mirror()
    put(on, 2, 0, ("a" * WIDTH, ""))
    on.difference()
    put(on, 2, 1, ("b", ""))
    put(on, 2, 20, ("c", ""))
    assert on.difference() == "\x1b[3;2Hb\x1b[21Gc"


def test_two_styles_that_a_terminal_draws_alike_are_one():
    on = mirror()
    put(on, 0, 0, ("x", "red"))
    on.difference()
    on.put([(0, 0, [Segment("x", Style.parse("red") + Style(meta={"a": 1}))], WIDTH)])
    assert on.difference() == ""


def test_what_lies_outside_is_left_out():
    on = mirror()
    on.difference()
    put(on, HEIGHT, 0, ("below", ""))
    put(on, 0, WIDTH, ("right", ""))
    assert on.difference() == ""
    put(on, 0, WIDTH - 2, ("longer", ""))
    assert on.difference() == f"\x1b[1;{WIDTH - 1}Hlo"


def test_a_combining_sign_stays_with_its_letter_and_the_next_column_is_named():
    on = mirror()
    on.difference()
    put(on, 0, 0, ("e\u0301x", ""))
    assert on.difference() == "\x1b[1;1He\u0301\x1b[2Gx"


def test_after_a_wide_character_the_column_is_named():
    on = mirror()
    on.difference()
    put(on, 0, 0, ("界x", ""))
    assert on.difference() == "\x1b[1;1H界\x1b[3Gx"


@pytest.mark.parametrize("system", [ColorSystem.STANDARD, ColorSystem.EIGHT_BIT, ColorSystem.TRUECOLOR, None])
@pytest.mark.parametrize("style", STYLES)
def test_a_style_is_told_as_rich_tells_it(system, style):
    Style.parse.__func__.cache_clear()  # a style remembers the colours of the first terminal that it was drawn on
    known = Style.parse(style)
    shown, expected = Terminal(), Terminal()
    shown.feed(colours_of(known, system).after(colours_of(None, system)) + "x")
    expected.feed(known.render("x", color_system=system))
    assert shown.cells()[0][0] == expected.cells()[0][0]
