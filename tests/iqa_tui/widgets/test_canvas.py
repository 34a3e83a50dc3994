from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from iqa_tui.widgets.canvas import centred, continued, fit, wrapped

WIDE = st.text(st.sampled_from("損失関数 ab ｂ한é"), max_size=60)


@given(WIDE, st.integers(10, 30))
def test_wrapped_lines_take_no_more_cells_than_there_are_and_lose_no_sign(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(WIDE, st.integers(1, 30))
def test_cut_texts_take_no_more_cells_than_there_are(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(continued(text, width)) <= width
    assert continued(text, width).endswith("…")


@pytest.mark.parametrize(("text", "shown"), [("ab", "   ab"), ("損", "   損"), ("x" * 20, "x" * 20)])
def test_a_text_is_centred_by_its_cells(text: str, shown: str) -> None:
    assert centred(text, 9 if text == "ab" else 8) == shown
