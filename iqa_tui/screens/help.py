"""Every key that does something now, made from the bindings, and what the glyphs mean."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from iqa_tui.monitor.fields import FIELDS
from iqa_tui.screens.all_bindings import all_bindings
from iqa_tui.words.states import RECORDED_SIGN, SIGNS, SPECIAL

HERE = "On this screen"
GROUPS = {"RowTable": "In a table", "LogView": "In the log", "CurveGrid": "In the curves", "App": "Everywhere"}

INDENT = "  "
FILTER_WORDS = (
    ("rank failed", "both words, anywhere in id, label, state, group, …"),
    ("state:run|queued", "one of the two"),
    ("srcc>0.93 loss<0.1", "numbers: > < >= <= = !="),
    ("lr=5e-6 seed:3", "flags and settings"),
    ("took>2h left<30min", "lengths of time"),
    ("!demo !state:fail", "not"),
    ('"two words"', "quotes keep blanks and signs"),
    ("/^F[12]$/", "a regular expression"),
    ("hidden|archived", "the runs that H has hidden, or A archived"),
)


class HelpScreen(ModalScreen[None]):
    """Shows what it was made with; any of the usual keys closes it."""

    CSS_PATH = "dialog.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark,f1,enter", "close", "close")]

    def __init__(self, entries: Iterable[tuple[str, str, str]]) -> None:
        super().__init__()
        self._entries = list(entries)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="dialog") as dialog:
            dialog.border_title = "Keys"
            dialog.border_subtitle = "escape closes"
            yield Static(self._text(), markup=False)

    def _text(self) -> Text:
        text = Text()
        groups = dict.fromkeys(group for group, _, _ in self._entries)
        for group in groups:
            text.append(f"{group}\n", style="bold")
            for of, keys, description in self._entries:
                if of == group:
                    text.append(f"  {keys:<14}", style="bold cyan").append(f"{description}\n")
            text.append("\n")
        text.append("States\n", style="bold")
        for state, (glyph, _) in SIGNS.items():
            text.append(f"  {glyph:<3}{state.value}\n")
        for shown, words in SPECIAL:
            text.append(f"  {shown.glyph:<3}{shown.word}: {words}\n")
        text.append(f"  {RECORDED_SIGN[0]:<3}recorded: measured elsewhere, not by a run here\n")
        text.append("\nThe filter of the runs\n", style="bold")
        for example, words in FILTER_WORDS:
            text.append(f"  {example:<20}", style="bold cyan").append(f"{words}\n")
        names = ", ".join(FIELDS)
        text.append(
            textwrap.fill(
                f"Names: {names}; every flag, every number of the events.",
                56,
                initial_indent=INDENT,
                subsequent_indent=INDENT,
            )
            + "\n"
        )
        text.append("\nIn a shell\n", style="bold")
        text.append("  iqa-tui doctor  what keeps runs from working on this machine\n")
        text.append("  iqa-tui status  the runs without the app; iqa-tui --help for more\n")
        return text

    def action_close(self) -> None:
        self.dismiss()


def help_entries(screen: Screen[object]) -> list[tuple[str, str, str]]:
    """Group, keys and description of every key of this screen, whatever has the focus."""
    found: dict[tuple[str, str], tuple[str, list[str]]] = {}
    for node, binding in all_bindings(screen):
        names = [kind.__name__ for kind in type(node).__mro__]
        group = next((words for name, words in GROUPS.items() if name in names), HERE)
        shown = binding.key_display or screen.app.get_key_display(binding)
        entry = found.setdefault((group, binding.action), (binding.tooltip or binding.description, []))
        if shown not in entry[1]:
            entry[1].append(shown)
    entries = [(group, " ".join(keys), description) for (group, _), (description, keys) in found.items()]
    order = [HERE, *GROUPS.values()]
    return sorted(entries, key=lambda entry: order.index(entry[0]))
