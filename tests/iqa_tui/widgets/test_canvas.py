"""Texts in cells, and what of a line is painted again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.strip import Strip

from iqa_tui.widgets.canvas import (
    Canvas,
    Line,
    centred,
    changed_cells,
    continued,
    fit,
    in_the_middle,
    line_width,
    wrapped,
)

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


@pytest.mark.parametrize("age", ["5 s", "55 min", "3.0 h", "9 d"])
def test_an_age_is_never_parted_by_the_end_of_a_line_and_stands_whole(age: str) -> None:
    for width in range(10, 60):
        lines = wrapped(f"held by ann, pid 4711 python (21.3 GiB, {age}) – and more words", width)
        assert any(age in line for line in lines)
        assert any("21.3 GiB" in line for line in lines)
        assert max(map(cell_len, lines)) <= width


def test_words_in_the_middle_of_an_empty_place_are_wrapped_not_cut() -> None:
    lines = in_the_middle("no scores yet: they are written after each epoch", 20, 9)
    assert "".join(text for line in lines for text, _ in line).split() == (
        ["no", "scores", "yet:", "they", "are", "written", "after", "each", "epoch"]
    )
    assert max(map(line_width, lines)) <= 20
    assert lines[:3] == [[], [], []]
    assert len(in_the_middle("a b c " * 40, 20, 3)) == 3


@pytest.mark.parametrize(("text", "shown"), [("ab", "   ab"), ("損", "   損"), ("x" * 20, "x" * 20)])
def test_a_text_is_centred_by_its_cells(text: str, shown: str) -> None:
    assert centred(text, 9 if text == "ab" else 8) == shown


def test_text_is_cut_with_an_ellipsis_by_cells_not_letters() -> None:
    assert fit("Pairwise", 5) == "Pair…"
    assert fit("画像品質", 5) == "画像…"
    assert fit("ab", 5, "right") == "   ab"
    assert fit("abc", 0) == ""


def strip(*words: str) -> Strip:
    return Strip([Segment(word) for word in words])


def test_what_changed_in_a_line_is_found_by_its_pieces() -> None:
    assert changed_cells(strip("ab", "cd", "ef"), strip("ab", "cd", "ef")) == []
    assert changed_cells(strip("ab", "cd", "ef"), strip("ab", "xy", "ef")) == [(2, 4)]
    assert changed_cells(strip("ab", "ab"), strip("abab")) == [(0, 4)]
    assert changed_cells(strip("画", "x"), strip("画", "y")) == [(2, 3)]


class Titled(Canvas):
    def draw(self, width: int, height: int) -> list[Line]:
        return [[("x" * width, "")]] * height


class TitledApp(App[None]):
    CSS = "Titled { border: round white; padding: 0 1; }"

    def compose(self) -> ComposeResult:
        yield Titled()


async def test_a_panel_says_its_title_in_fewer_words_before_it_cuts_it_and_in_more_when_it_has_grown() -> None:
    async with TitledApp().run_test(size=(40, 6)) as pilot:
        panel = pilot.app.query_one(Titled)
        panel.set_title("Prediction against MOS · test · 120 images", "120 test images · calibrated", "120 images")
        for width, title in ((48, "Prediction against MOS · test · 120 images"), (47, "120 test images · calibrated"),
                             (34, "120 test images · calibrated"), (33, "120 images"), (8, "120 images"),
                             (60, "Prediction against MOS · test · 120 images")):  # fmt: skip
            await pilot.resize_terminal(width, 6)
            await pilot.pause()
            assert str(panel.border_title) == title
            top = "".join(segment.text for segment in pilot.app.screen._compositor.render_strips()[0])
            assert ("…" in top) is (width == 8)
