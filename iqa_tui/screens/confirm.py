"""A question. The first choice has the focus; escape gives the safe one, which is the first unless another is named."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from iqa_tui.widgets.keys_in_turn import Question

AROUND_TEXT, AROUND_SHORT = 6, 3
"""Lines of the dialog that are not its text: border, padding, the answers; in a terminal of few lines."""
ROOMY_FROM = 20
"""Lines of a terminal in which dialogs have air, as the app has it in `VERTICAL_BREAKPOINTS`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer."""

    value: str
    label: str
    variant: Literal["default", "primary", "error"] = "default"
    """Of Textual's button."""


class ConfirmScreen(Question):
    """Returns the value of the answer."""

    CSS_PATH = "dialog.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "safe", "the safe answer"),
        Binding("left,up,h,k", "app.focus_previous", "previous answer", show=False),
        Binding("right,down,l,j", "app.focus_next", "next answer", show=False),
        Binding("pageup", "scroll(-1)", "text up", show=False),
        Binding("pagedown", "scroll(1)", "text down", show=False),
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
            with VerticalScroll(id="dialog-scroll", can_focus=False):
                yield Static(self._text, id="dialog-text", markup=False)
            with Horizontal(id="dialog-choices"):
                for choice in self._choices:
                    yield Button(Text(choice.label), choice.variant, id=f"choice-{choice.value}", compact=True)

    def on_mount(self) -> None:
        self.query_one(f"#choice-{self._choices[0].value}").focus()
        self.asked_at = time.monotonic()  # as events have it

    def on_resize(self, event: events.Resize) -> None:
        """However long the text, the answers stay in sight."""
        most = (
            event.size.height - AROUND_SHORT
            if event.size.height < ROOMY_FROM
            else event.size.height * 9 // 10 - AROUND_TEXT
        )
        self.query_one("#dialog-scroll").styles.max_height = max(1, most)

    def action_scroll(self, direction: int) -> None:
        scroll = self.query_one("#dialog-scroll", VerticalScroll)
        scroll.scroll_page_down(animate=False) if direction > 0 else scroll.scroll_page_up(animate=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss((event.button.id or "").removeprefix("choice-"))

    def action_safe(self) -> None:
        self.dismiss(self._safe)
