from __future__ import annotations

from rich.cells import cell_len

from iqa_tui.commands.text_table import MOST_CELLS, columns, padded, shortened, width_of

LABELS = ["L2 (MSE)", "損失関数", "e\u0301te\u0301", "✓\ufe0f best", "👩\u200d🔬 lab", "ａｂ", "한국어", "● run …"]


def test_what_follows_a_wide_a_combined_or_a_pictured_label_stays_in_its_column() -> None:
    lines = columns([[label, "finished"] for label in LABELS]).splitlines()
    assert {cell_len(line.partition("finished")[0]) for line in lines} == {2 + max(map(width_of, LABELS[:5])) + 2}


def test_widths_are_those_of_the_screens() -> None:
    assert [width_of(label) for label in LABELS] == [cell_len(label) for label in LABELS]


def test_a_line_end_in_a_cell_makes_no_line() -> None:
    assert columns([["a\nb", "c\x1b"]]) == r"  a b  c\x1b"


def test_one_endless_label_does_not_push_the_others_out_of_sight() -> None:
    text = columns([["損" * 5000, "finished"], ["b", "failed"]])
    assert max(map(cell_len, text.splitlines())) < MOST_CELLS + 30
    assert "…" in text
    assert columns([["a", "why " * 200]]).endswith("why")


def test_a_text_is_padded_and_cut_by_cells() -> None:
    assert padded("損", 4) + "|" == "損  |"
    assert shortened("損失関数", 6) == "損失…"
    assert shortened("損失", 4) == "損失"


def test_columns_that_are_empty_are_left_out() -> None:
    assert columns([["a", "", "b"], ["c", "", "d"]]) == "  a  b\n  c  d"
    assert columns([]) == ""
