"""The lines of a table, in any width."""

from __future__ import annotations

import pytest

from iqa_tui.widgets.canvas import line_width
from iqa_tui.widgets.table_lines import (
    Column,
    Sorted,
    TableRow,
    column_at,
    fitting_columns,
    header_line,
    row_line,
    with_label_width,
)

COLUMNS = (
    Column("id", "id", 4),
    Column("label", "loss", 8, grows=True),
    Column("step", "step", 10, "right", importance=2),
    Column("srcc", "SRCC", 6, "right", importance=7),
)


def text_of(row: TableRow, columns: tuple[Column, ...], width: int) -> str:
    line = row_line(row, columns, width)
    assert line_width(line) == width
    return "".join(text for text, _ in line)


def test_the_least_important_column_goes_first_and_the_growing_one_takes_what_is_left() -> None:
    assert [column.key for column in fitting_columns(COLUMNS, 31)] == ["id", "label", "step", "srcc"]
    narrow = fitting_columns(COLUMNS, 30)
    assert [column.key for column in narrow] == ["id", "label", "srcc"]
    assert sum(column.width for column in narrow) + 2 == 30


def test_a_column_grows_no_further_than_it_may() -> None:
    columns = (COLUMNS[0], Column("label", "loss", 8, grows=True, most=12))
    assert [fitting_columns(columns, width)[1].width for width in (14, 16, 40)] == [9, 11, 12]


def test_a_short_form_stands_in_the_place_of_a_column_that_does_not_fit() -> None:
    columns = (*COLUMNS[:3], Column("short", "step", 3, instead_of="step"), COLUMNS[3])
    assert [column.key for column in fitting_columns(columns, 31)] == ["id", "label", "step", "srcc"]
    assert [column.key for column in fitting_columns(columns, 30)] == ["id", "label", "short", "srcc"]


def test_a_row_in_words_spans_the_columns_that_are_left() -> None:
    row = TableRow("r", {"id": "F5", "label": "Rank"}, span_from=("step", "srcc"), span="needs a GPU")
    for width in (31, 30):
        assert "needs" in text_of(row, fitting_columns(COLUMNS, width), width)


def test_a_span_leaves_the_columns_behind_it_their_places() -> None:
    row = TableRow("r", {"id": "F5", "srcc": "0.9"}, span_from=("label", "step"), span="reading images 1/900")
    assert text_of(row, fitting_columns(COLUMNS, 31), 31) == "F5   reading images 1/9…    0.9"


def test_of_a_span_and_its_shorter_forms_the_longest_that_fits_is_shown() -> None:
    row = TableRow("r", {}, span_from=("id", "label"), span="group · 7 of 15", shorter=("group · 7", "group"))
    assert text_of(row, (COLUMNS[0], Column("label", "", 10)), 15) == "group · 7 of 15"
    assert text_of(row, (COLUMNS[0], Column("label", "", 9)), 14) == "group · 7     "
    assert text_of(row, (COLUMNS[0],), 4) == "gro…"


def test_a_column_is_as_wide_as_the_cells_of_its_longest_label() -> None:
    (column,) = with_label_width((Column("label", "", 3),), "label", ["損失関"])
    assert column.width == 6


@pytest.mark.parametrize(
    ("by", "text"),
    [
        (Sorted(), "id   loss           step   SRCC"),
        (Sorted("id"), "id↓  loss           step   SRCC"),
        (Sorted("srcc", is_rising=True), "id   loss           step  ↑SRCC"),
        (Sorted("step"), "id   loss          ↓step   SRCC"),
    ],
)
def test_an_arrow_beside_a_title_moves_no_title(by: Sorted, text: str) -> None:
    assert header_line(fitting_columns(COLUMNS, 31), by) == [(text, "heading")]


def test_an_arrow_stands_in_the_blank_between_two_columns_that_are_full() -> None:
    columns = (Column("a", "aaa", 3), Column("b", "bbb", 3, "right"), Column("c", "ccc", 3))
    assert header_line(columns, Sorted("a"))[0][0] == "aaa↓bbb ccc"
    assert header_line(columns, Sorted("b"))[0][0] == "aaa↓bbb ccc"
    assert header_line(columns, Sorted("c"))[0][0] == "aaa bbb ccc↓"


def test_a_cell_belongs_to_the_column_that_stands_there() -> None:
    assert [column_at(COLUMNS, cell) for cell in (0, 3, 4, 5, 30, 31)] == ["id", "id", "label", "label", "srcc", ""]
