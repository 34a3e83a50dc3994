"""Names of styles in both themes."""

from __future__ import annotations

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from iqa_tui.widgets.ink import contrast
from iqa_tui.widgets.palette import COLOURS, SERIES, SERIES_ON_DARK, SERIES_ON_LIGHT, named_style, plain_cursor
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
    assert style("cursor").bgcolor == BLACK.blend(WHITE, 0.15).rich_color
    assert style("cursor", focused=True).bgcolor != style("cursor").bgcolor
    assert style("cursor", focused=True).bold


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_a_terminal_of_sixteen_colours_shows_the_cursor_and_what_is_under_it(theme: Theme) -> None:
    background, foreground = Color.parse(theme.background), Color.parse(theme.foreground)
    variables = {colour: getattr(theme, colour) for colour in COLOURS.values()}

    def sixteen(name: str, *, focused: bool) -> Style:
        looks = {"background": background, "foreground": foreground, "focused": focused}
        return named_style(name, variables, dark=theme.dark, **looks)

    looks = [sixteen(f"series-{number}", focused=False).color.downgrade(ColorSystem.STANDARD) for number in range(5)]
    assert len({look.number for look in looks}) == len(looks)
    for focused in (True, False):
        row = sixteen("cursor", focused=focused).bgcolor.downgrade(ColorSystem.STANDARD).number
        assert row != background.rich_color.downgrade(ColorSystem.STANDARD).number
        words = [sixteen(name, focused=focused) for name in ("dim", *(f"series-{number}" for number in range(SERIES)))]
        assert row not in {each.color.downgrade(ColorSystem.STANDARD).number for each in words}
        assert row != foreground.rich_color.downgrade(ColorSystem.STANDARD).number


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_in_sixteen_colours_the_row_under_the_cursor_has_one_colour_that_can_be_read(theme: Theme) -> None:
    background, foreground = Color.parse(theme.background), Color.parse(theme.foreground)
    cursor = plain_cursor({"primary": theme.primary}, dark=theme.dark, background=background, foreground=foreground)
    ink, row = (colour.downgrade(ColorSystem.STANDARD) for colour in (cursor.color, cursor.bgcolor))
    assert row.number != background.rich_color.downgrade(ColorSystem.STANDARD).number
    tones = [Color.from_rich_color(RichColor.from_triplet(each.get_truecolor())) for each in (ink, row)]
    assert contrast(*tones) >= 4


def test_the_colours_of_curves_can_be_read_as_text() -> None:
    for theme, colours in zip(THEMES, (SERIES_ON_DARK, SERIES_ON_LIGHT), strict=True):
        least = min(contrast(Color.parse(colour), Color.parse(theme.background)) for colour in colours)
        assert least >= 3.5, theme.name


def test_what_matters_less_is_dimmed_and_a_heading_is_bold() -> None:
    assert style("dim").color == BLACK.blend(WHITE, 0.62).rich_color == style("heading").color
    assert (style("dim").bold, style("heading").bold, style("strong").bold) == (None, True, True)


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(KeyError):
        style("purple")
