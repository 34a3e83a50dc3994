"""The line of keys: which stand there, and what a click on one does."""

from __future__ import annotations

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from iqa_tui.widgets.key_bar import KeyBar


class KeyScreen(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "first", "first"),
        Binding("b", "second", "second"),
        Binding("c", "third", "third"),
        Binding("d", "hidden", "hidden", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self.pressed: list[str] = []
        self.hints = {"second": ""}

    def compose(self) -> ComposeResult:
        yield Input()
        yield KeyBar(self.hints.get)

    def action_first(self) -> None:
        self.pressed.append("first")

    def action_second(self) -> None:
        self.pressed.append("second")

    def action_third(self) -> None:
        self.pressed.append("third")


class KeyApp(App[None]):
    CSS = "KeyBar { dock: bottom; height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "leave", "leave", priority=False)]
    ENABLE_COMMAND_PALETTE = False

    def on_mount(self) -> None:
        self.push_screen(KeyScreen())

    def action_leave(self) -> None: ...


def shown(app: App[None]) -> list[str]:
    return app.screen.query_one(KeyBar).render_line(0).text.split()


async def test_keys_that_would_do_nothing_and_hidden_ones_are_left_out_and_the_apps_come_last() -> None:
    app = KeyApp()
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        words = shown(app)
        assert words[:4] == ["a", "first", "c", "third"]
        assert words[words.index("q") :][:2] == ["q", "leave"]
        app.screen.hints["second"] = "other"
        app.screen.query_one(KeyBar).redraw()
        assert shown(app)[:6] == ["a", "first", "b", "other", "c", "third"]


async def test_one_key_may_come_before_all_others_and_is_left_out_last() -> None:
    app = KeyApp()
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        bar = KeyBar(lambda _action, description: description, first="third")
        app.screen.query_one(KeyBar).remove()
        await app.screen.mount(bar)
        await pilot.pause()
        assert shown(app)[:6] == ["c", "third", "a", "first", "b", "second"]


async def test_in_a_narrow_line_the_last_keys_of_the_screen_give_way_to_the_apps() -> None:
    app = KeyApp()
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        everything = " ".join(shown(app))
        await pilot.resize_terminal(len(f" {everything} ") - 1, 5)
        await pilot.pause()
        assert " ".join(shown(app)) == everything.replace("c third ", "")


async def test_while_the_user_types_only_the_keys_that_end_it_are_shown() -> None:
    app = KeyApp()
    async with app.run_test(size=(60, 5)) as pilot:
        app.screen.query_one(Input).focus()
        await pilot.pause()
        assert shown(app) == ["enter", "done", "esc", "back"]


async def test_a_click_presses_the_key_that_it_hits() -> None:
    app = KeyApp()
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        await pilot.click(KeyBar, offset=(len(" a first  "), 0))
        await pilot.click(KeyBar, offset=(1, 0))
        await pilot.pause()
        assert app.screen.pressed == ["third", "first"]
