"""A question. The first choice has the focus; escape gives the safe one, which is the first unless another is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer."""

    value: str
    label: str
    variant: Literal["default", "primary", "error"] = "default"
    """Of Textual's button."""


class ConfirmScreen(ModalScreen[str]):
    """Gives the value of the answer."""

    CSS_PATH = "dialog.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "safe", "the safe answer"),
        Binding("left,up,h,k", "app.focus_previous", "previous answer", show=False),
        Binding("right,down,l,j", "app.focus_next", "next answer", show=False),
    ]

    def __init__(self, title: str, lines: Sequence[str], choices: Sequence[Choice], safe: str = "") -> None:
        super().__init__()
        self._title = title
        self._text = "\n".join(lines)
        self._choices = tuple(choices)
        self._safe = safe or choices[0].value

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = Text(self._title)
            yield Static(self._text, id="dialog-text", markup=False)
            with Horizontal(id="dialog-choices"):
                for choice in self._choices:
                    yield Button(Text(choice.label), choice.variant, id=f"choice-{choice.value}", compact=True)

    def on_mount(self) -> None:
        self.query_one(f"#choice-{self._choices[0].value}").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss((event.button.id or "").removeprefix("choice-"))

    def action_safe(self) -> None:
        self.dismiss(self._safe)
