"""A table with a cursor, in any width."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.geometry import Region

from iqa_tui.widgets.row_table import RowTable
from iqa_tui.widgets.table_lines import Column, TableRow

COLUMNS = (
    Column("id", "id", 4),
    Column("label", "loss", 8, grows=True),
    Column("step", "step", 10, "right", importance=2),
    Column("srcc", "SRCC", 6, "right", importance=7),
)


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


async def test_a_title_and_a_row_that_folds_say_that_they_were_clicked() -> None:
    class Told(TableApp):
        told: ClassVar[list[tuple[str, str]]] = []

        def on_row_table_title_clicked(self, message: RowTable.TitleClicked) -> None:
            self.told.append(("title", message.key))

        def on_row_table_fold_clicked(self, message: RowTable.FoldClicked) -> None:
            self.told.append(("fold", message.key))

        def on_row_table_row_clicked(self, message: RowTable.RowClicked) -> None:
            self.told.append(("row", message.key))

    app = Told()
    async with app.run_test(size=(40, 8)) as pilot:
        app.query_one(RowTable).show([TableRow("g", folds=True), TableRow("r")])
        for offset in ((39, 0), (1, 1), (1, 2), (1, 2), (1, 6)):
            await pilot.click(RowTable, offset=offset)
        await pilot.pause()
    assert app.told == [("title", "srcc"), ("fold", "g"), ("row", "r")]


async def test_half_pages_and_the_ends() -> None:
    app = TableApp()
    async with app.run_test(size=(40, 11)) as pilot:
        table = app.query_one(RowTable)
        table.focus()
        table.show(rows(*(f"r{number}" for number in range(30))))
        keys = []
        for key in ("ctrl+d", "ctrl+d", "ctrl+u", "G", "g"):
            await pilot.press(key)
            keys.append(table.cursor_key)
        assert keys == ["r5", "r10", "r5", "r29", "r0"]
