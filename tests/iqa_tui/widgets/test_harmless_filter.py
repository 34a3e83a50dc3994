"""What a terminal would obey."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from iqa_tui.widgets.harmless_filter import HarmlessFilter
from training.runfolder.text import HARMFUL

BLACK = Color(0, 0, 0)


def test_what_a_terminal_would_obey_is_taken_out_cell_for_cell() -> None:
    before = [Segment("a\x1b]52;c;x\x07b", Style(bold=True)), Segment("\u202e損\xad\udc80\n")]
    after = HarmlessFilter(HARMFUL).apply(before, BLACK)
    assert [segment.text for segment in after] == ["a]52;c;xb", "損??"]
    assert [cell_len(segment.text) for segment in after] == [cell_len(segment.text) for segment in before]
    assert after[0].style == Style(bold=True)


def test_a_line_without_harm_is_the_same_object() -> None:
    line = [Segment("│ ● running ▌"), Segment("⠀⣿ é 損")]
    assert HarmlessFilter(HARMFUL).apply(line, BLACK) is line
