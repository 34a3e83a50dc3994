"""Names of styles in both themes."""

from __future__ import annotations

import pytest
from rich.style import Style
from textual.color import Color

from iqa_tui.widgets.palette import COLOURS, SERIES, SERIES_ON_DARK, SERIES_ON_LIGHT, named_style
from iqa_tui.widgets.themes import THEMES

BLACK, WHITE = Color(0, 0, 0), Color(200, 200, 200)


def style(name: str, *, dark: bool = True, focused: bool = False) -> Style:
    theme = next(theme for theme in THEMES if theme.dark == dark)
    variables = {colour: getattr(theme, colour) for colour in COLOURS.values()}
    return named_style(name, variables, dark=dark, background=BLACK, foreground=WHITE, focused=focused)


def test_each_curve_has_a_colour_of_its_own_in_each_theme() -> None:
    for dark, colours in ((True, SERIES_ON_DARK), (False, SERIES_ON_LIGHT)):
        assert [style(f"series-{number}", dark=dark).color.name for number in range(SERIES)] == list(colours)
        assert len(set(colours)) == SERIES


def test_signals_have_the_colours_of_the_theme() -> None:
    for theme in THEMES:
        for name, colour in COLOURS.items():
            assert style(name, dark=theme.dark) == Style(color=Color.parse(getattr(theme, colour)).rich_color)


def test_a_cursor_without_the_focus_is_fainter() -> None:
    assert style("cursor").bgcolor == BLACK.blend(WHITE, 0.1).rich_color
    assert style("cursor", focused=True).bgcolor != style("cursor").bgcolor
    assert style("cursor", focused=True).bold


def test_what_matters_less_is_dimmed_and_a_heading_is_bold() -> None:
    assert style("dim").color == BLACK.blend(WHITE, 0.62).rich_color == style("heading").color
    assert (style("dim").bold, style("heading").bold, style("strong").bold) == (None, True, True)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        style("purple")
