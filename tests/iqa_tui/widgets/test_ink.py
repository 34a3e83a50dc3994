"""The colours of a log on dark and light."""

from __future__ import annotations

import pytest
from textual.color import Color

from iqa_tui.widgets.ink import LEAST_CONTRAST, contrast, ink_colour, ink_style, readable
from iqa_tui.widgets.themes import THEMES


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_ink_can_be_read_on_both_themes(theme) -> None:
    background, foreground = Color.parse(theme.background), Color.parse(theme.foreground)
    colours = [readable(ink_colour(ink), background, foreground) for ink in range(256)]
    assert min(contrast(colour, background) for colour in colours) >= LEAST_CONTRAST
    assert len(set(colours)) > 120  # they are still told apart


def test_the_cube_and_the_greys_are_those_of_a_terminal() -> None:
    assert [ink_colour(ink).hex for ink in (16, 196, 21, 231, 232, 255)] == [
        "#000000", "#FF0000", "#0000FF", "#FFFFFF", "#080808", "#EEEEEE",
    ]  # fmt: skip


def test_a_name_that_is_no_ink_is_left_to_the_palette() -> None:
    black, white = Color.parse("#000000"), Color.parse("#ffffff")
    assert ink_style("dim", black, white) is None
    assert ink_style("underline", black, white).underline
    assert ink_style("reverse", black, white).reverse
    assert ink_style("on-ink-1", black, white).bgcolor is not None
