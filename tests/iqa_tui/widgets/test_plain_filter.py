"""In ASCII mode."""

from __future__ import annotations

from iqa_tui.widgets.plain_filter import plain
from iqa_tui.words.states import RECORDED_SIGN, SIGNS, SPECIAL


def test_in_ascii_a_cell_stays_a_cell() -> None:
    assert plain("● running ─ 画 Δ…") == "* running - ?? d~"


def test_in_ascii_every_state_has_a_sign_of_its_own() -> None:
    glyphs = [glyph for glyph, _ in (*SIGNS.values(), RECORDED_SIGN)] + [shown.glyph for shown, _ in SPECIAL]
    assert len({plain(glyph) for glyph in glyphs}) == len(glyphs)
