"""Every key that does something now, made from the bindings, and what the glyphs mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from iqa_tui.monitor.fields import FIELDS
from iqa_tui.screens.all_bindings import all_bindings
from iqa_tui.widgets.canvas import wrapped
from iqa_tui.words.states import RECORDED_SIGN, SIGNS, SPECIAL

HERE = "On this screen"
GROUPS = {"RowTable": "In a table", "LogView": "In the log", "CurveGrid": "In the curves", "App": "Everywhere"}

FIRST_GROUPS = (HERE, GROUPS["RowTable"])
"""The left one of two columns."""

INDENT = "  "
KEYS_WIDTH = 14
WIDTH = 57
"""Cells of a column."""
TWO_COLUMNS_FROM = 140
FILTER_WORDS = (
    ("rank failed", "both words, anywhere in id, label, state, group, …"),
    ("state:run|queued", "one of the two"),
    ("srcc>0.93 loss<0.1", "numbers: > < >= <= = !="),
    ("lr=5e-6 seed:3", "flags and settings"),
    ("took>2h left<30min", "lengths of time"),
    ("!demo !state:fail", "not"),
    ('"two words"', "quotes keep blanks and signs"),
    ("/^F[12]$/", "a regular expression"),
    ("tag:paper", "runs with a tag"),
    ("tuning !tuning", "the tuning runs; all others"),
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
            with Container():
                yield Static(self._keys(FIRST_GROUPS), markup=False)
                yield Static(self._keys(None) + self._words(), markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """In a wide terminal two columns."""
        self.set_class(event.size.width >= TWO_COLUMNS_FROM, "-wide")

    def _keys(self, groups: tuple[str, ...] | None) -> Text:
        """Args:
        groups: those whose keys are told; None: all but the first ones.
        """
        text = Text()
        for group in dict.fromkeys(group for group, _, _ in self._entries):
            if group in groups if groups is not None else group not in FIRST_GROUPS:
                text.append(f"{group}\n", style="bold")
                for of, keys, description in self._entries:
                    if of == group:
                        text += self._line(keys, KEYS_WIDTH, description)
                text.append("\n")
        return text

    def _line(self, key: str, width: int, words: str) -> Text:
        """A key and what it does, in as many lines as that takes."""
        first, *more = wrapped(words, WIDTH - width - len(INDENT)) or [""]
        shown = f"{key:<{width}}" if len(key) < width else f"{key} "
        line = Text(INDENT).append(shown, style=f"bold {self.app.current_theme.primary}").append(f"{first}\n")
        for rest in more:
            line.append(f"{INDENT}{'':<{width}}{rest}\n")
        return line

    def _words(self) -> Text:
        """States, the filter, commands."""
        text = Text().append("States\n", style="bold")
        for state, (glyph, _) in SIGNS.items():
            text += self._line(glyph, 3, state.value)
        for shown, words in SPECIAL:
            text += self._line(shown.glyph, 3, f"{shown.word}: {words}")
        text += self._line(RECORDED_SIGN[0], 3, "recorded: measured elsewhere, not by a run here")
        text.append("\nThe filter of the runs\n", style="bold")
        for example, words in FILTER_WORDS:
            text += self._line(example, 20, words)
        names = f"Names: {', '.join(FIELDS)}; every flag, every number of the events."
        text.append("".join(f"{INDENT}{line}\n" for line in wrapped(names, WIDTH - len(INDENT))))
        text.append("\nIn a shell\n", style="bold")
        text += self._line("iqa-tui doctor", 16, "what keeps runs from working on this machine")
        text += self._line("iqa-tui status", 16, "the runs without the app; iqa-tui --help for more")
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
