"""A table with a cursor, in any width."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.geometry import Region

from iqa_tui.widgets.canvas import line_width
from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Column, TableRow, fitting_columns, row_line, with_label_width

COLUMNS = (
    Column("id", "id", 4),
    Column("label", "loss", 8, grows=True),
    Column("step", "step", 10, "right", importance=2),
    Column("srcc", "SRCC", 6, "right", importance=7),
)


def test_the_least_important_column_goes_first_and_the_growing_one_takes_what_is_left() -> None:
    assert [column.key for column in fitting_columns(COLUMNS, 31)] == ["id", "label", "step", "srcc"]
    narrow = fitting_columns(COLUMNS, 30)
    assert [column.key for column in narrow] == ["id", "label", "srcc"]
    assert sum(column.width for column in narrow) + 2 == 30


def test_a_row_in_words_spans_the_columns_that_are_left() -> None:
    row = TableRow("r", {"id": "F5", "label": "Rank"}, span_from=("step", "srcc"), span="needs a GPU")
    for width in (31, 30):
        line = row_line(row, fitting_columns(COLUMNS, width), width)
        assert line_width(line) == width
        assert "needs" in "".join(text for text, _ in line)


class TableApp(App[None]):
    def compose(self) -> ComposeResult:
        yield RowTable(COLUMNS)


def rows(*names: str, srcc: str = "") -> list[TableRow]:
    return [TableRow(name, {"id": name, "srcc": srcc}) for name in names]


async def test_the_cursor_stays_with_its_row_when_others_come() -> None:
    app = TableApp()
    async with app.run_test(size=(40, 8)) as pilot:
        table = app.query_one(RowTable)
        table.focus()
        table.show(rows("b", "c"))
        await pilot.press("j")
        assert table.cursor_key == "c"
        table.show(rows("a", "b", "c", "d"))
        assert table.cursor_key == "c"
        table.show(rows("a", "b"))
        assert table.cursor_key == "b"
        await pilot.press("k", "up", "k")
        assert table.cursor_key == "a"
        table.show([])
        assert table.cursor_key is None


async def test_the_cursor_scrolls_a_long_table_and_a_click_moves_it() -> None:
    app = TableApp()
    async with app.run_test(size=(40, 6)) as pilot:
        table = app.query_one(RowTable)
        table.focus()
        table.show(rows(*(f"r{number}" for number in range(30))))
        await pilot.press("end")
        assert table.cursor_key == "r29"
        assert table.render_line(5).text.startswith("r29")
        await pilot.click(RowTable, offset=(2, 2))
        assert table.cursor_key == "r26"
        await pilot.press("home")
        assert table.render_line(1).text.startswith("r0")


async def test_only_lines_that_changed_are_painted() -> None:
    app = TableApp()
    async with app.run_test(size=(40, 8)) as pilot:
        table = app.query_one(RowTable)
        table.show(rows("a", "b", "c"))
        await pilot.pause()
        painted: list[Region] = []
        table.refresh = lambda *regions, **_: painted.extend(regions)  # type: ignore[method-assign]
        table.show(rows("a", "b", "c"))
        assert painted == []
        table.show([*rows("a", "b"), *rows("c", srcc="0.9")])
        ((x, y, width, height),) = painted
        assert (y, height) == (3, 1)
        assert x > 10
        assert x + width == 40


def test_a_column_is_as_wide_as_the_cells_of_its_longest_label() -> None:
    (column,) = with_label_width((Column("label", "", 3),), "label", ["損失関"])
    assert column.width == 6
