from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.results.paper.macro_names import MacroNames, spelled


@pytest.mark.parametrize(
    ("row", "letters"),
    [
        ("F3", "Fthree"),
        ("l1 (2)", "LoneTwo"),
        ("F1 ◆", "FoneRecorded"),
        ("lr-1e-4", "LrOneeFour"),
        ("画", "Row"),
        ("", ""),
    ],
)
def test_an_id_is_spelled_in_letters(row: str, letters: str) -> None:
    assert spelled(row) == letters


def test_two_rows_never_share_a_name() -> None:
    names = MacroNames()
    assert [names.name(row, "Srcc") for row in ("F-1", "F 1", "F.1")] == ["IqaFOneSrcc", "IqaFOneSrccB", "IqaFOneSrccC"]


def test_a_row_s_name_cannot_run_into_what_is_told_of_another() -> None:
    names = MacroNames()
    assert names.name("F", "SrccDelta") != names.name("FSrcc", "Delta")


@given(st.lists(st.text(max_size=12), min_size=1, max_size=40))
def test_every_name_is_of_letters_and_unique(rows: list[str]) -> None:
    names = MacroNames()
    found = [names.name(row, "Srcc") for row in rows]
    assert all(name.isascii() and name.isalpha() for name in found)
    assert len(set(found)) == len(rows)
