"""Keys that are typed before the app has done what the first one asks for."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Button, Input, Static

from iqa_tui.widgets import keys_in_turn
from iqa_tui.widgets.keys_in_turn import KeysInTurn, Question
from tests.fakes.app import burst, settle


class Table(Static, can_focus=True):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("p,a,i,r,x", "order", "order")]

    def action_order(self) -> None:
        self.app.orders += 1


class Asking(Question):
    def compose(self) -> ComposeResult:
        yield Button("Leave", id="leave")

    def on_mount(self, event) -> None:
        self.query_one(Button).focus()
        self.asked_at = event.time

    def on_button_pressed(self) -> None:
        self.dismiss("leave")


class SmallApp(KeysInTurn):
    """As the screens do it: a field that a key opens and that enter closes, and a question."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "field", "field"),
        Binding("q", "leave", "leave"),
        Binding("g", "gone", "gone"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.orders = 0
        self.answers: list[str | None] = []

    def compose(self) -> ComposeResult:
        with Vertical(), Vertical():
            yield Table("table")

    async def action_field(self) -> None:
        await self.mount(Input(id="field"))
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.answers.append(event.value)
        event.input.remove()
        self.query_one(Table).focus()

    def action_leave(self) -> None:
        self.push_screen(Asking(), self.answers.append)

    async def action_gone(self) -> None:
        self.query_one(Table).remove()


async def test_what_follows_the_key_that_opens_a_field_stands_in_the_field() -> None:
    app = SmallApp()
    async with app.run_test() as pilot:
        await burst(pilot, *"/pair")
        await settle(pilot, lambda: bool(app.query(Input)) and app.query_one(Input).value == "pair")
        assert app.orders == 0


async def test_what_follows_the_key_that_closes_a_field_goes_to_the_table() -> None:
    app = SmallApp()
    async with app.run_test() as pilot:
        await burst(pilot, *"/pair", "enter", *"xx/p", "enter")
        await settle(pilot, lambda: app.answers == ["pair", "p"])
        assert app.orders == 2


async def test_a_key_that_was_typed_before_a_question_was_there_does_not_answer_it() -> None:
    app = SmallApp()
    async with app.run_test() as pilot:
        await burst(pilot, "q", "enter", "enter")
        await settle(pilot, lambda: isinstance(app.screen, Asking))
        await pilot.pause()
        assert app.answers == []
        await pilot.press("enter")
        await settle(pilot, lambda: app.answers == ["leave"])


async def test_a_widget_that_is_gone_holds_up_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys_in_turn, "PATIENCE_SECONDS", 0.05)
    app = SmallApp()
    async with app.run_test() as pilot:
        await burst(pilot, "g", *"/pair")
        await settle(pilot, lambda: bool(app.query(Input)) and app.query_one(Input).value == "pair")


async def test_many_keys_keep_their_order() -> None:
    app = SmallApp()
    async with app.run_test() as pilot:
        text = "".join(chr(97 + number % 26) for number in range(200))
        await burst(pilot, "/", *text)
        await settle(pilot, lambda: bool(app.query(Input)) and app.query_one(Input).value == text)
