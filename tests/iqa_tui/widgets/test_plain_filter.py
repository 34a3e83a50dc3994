"""In ASCII mode."""

from __future__ import annotations

from iqa_tui.widgets.plain_filter import plain


def test_in_ascii_a_cell_stays_a_cell() -> None:
    assert plain("● running ─ 画 Δ…") == "* running - ?? d~"
