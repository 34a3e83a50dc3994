"""A log in which its user searches, marks a range, copies and saves. What is searched is found elsewhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.message import Message

from iqa_tui.widgets.canvas import Line
from iqa_tui.widgets.log_hits import Hits, Marker, Marking
from iqa_tui.widgets.log_range import LogRange
from iqa_tui.widgets.log_rows import Part, StyledLine
from iqa_tui.widgets.log_view import LogView
from iqa_tui.widgets.typed_line import TypedLine

UP, DOWN = -1, 1
BESIDE_TYPED = 4
"""Cells of the border beside a line that is typed into it."""
HIT_TINT = 0.45
EDITED = ("backspace", "ctrl+h", "ctrl+w", "ctrl+u", "up", "enter", "escape")


class LogTool(LogRange):
    """Its subclass makes patterns of words, and gives the hits when there are some."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "search", key_display="/"),
        Binding("n", "next_hit(1)", "next hit", show=False),
        Binding("N", "next_hit(-1)", "hit before", show=False),
        Binding("E", "trouble", "error"),
        Binding("s", "save", "save"),
        Binding("escape", "leave", "leave the search or the range", show=False),
    ]

    class Searched(LogView.Wanted):
        """Other words are searched, or none: what is wanted of the log is not as it was."""

    class SaveAsked(Message):
        """The user named a file for the log, or for the lines that are marked."""

        def __init__(self, name: str, first: int, end: int | None) -> None:
            super().__init__()
            self.name = name
            self.first = first
            """Offset of the first line."""
            self.end = end
            """Offset after the last one; None: up to the end of the log."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._typed: TypedLine | None = None
        self._last_words = ""
        self._expression: Marker | None = None
        self._marking = Marking(None)
        self._words = ""
        """What is searched; empty: nothing."""
        self._hits: Hits | None = None
        self._found, self._share = 0, 1.0
        self._hit: int | None = None
        """Offset of the hit that is looked at."""
        self._seeking: tuple[int, int] | None = None
        """Direction, and the offset from which on."""

    # What a subclass does

    def pattern_of(self, words: str) -> Marker | None:
        """What to mark in the lines for these words; None if they cannot be searched, which is said."""
        return re.compile(re.escape(words))

    def trouble(self) -> tuple[str, Marker]:
        """What the key for errors searches: words for the title, and what to mark."""
        return "error", re.compile("error")

    def suggested_name(self) -> str:
        """Of a file to save the log in."""
        return "output.log"

    # Searching

    @property
    def searched_words(self) -> str:
        """Empty if nothing is searched."""
        return self._words

    def show_hits(self, hits: Hits | None, found: int, share: float) -> None:
        """What was found so far; `show` comes after it.

        Args:
            hits: None: of other words than those that are searched now.
            share: of the log, that was searched, 0 to 1.
        """
        self._hits, self._found, self._share = hits, found, share
        self._seek()

    def _search(self, words: str, expression: Marker | None, direction: int) -> None:
        self._words, self._expression, self._hits, self._hit = words, expression, None, None
        lowest = self._place.lowest
        self._seeking = (direction, lowest.offset + 1 if lowest else 0) if words else None
        self._found, self._share = 0, 0.0
        self.post_message(self.Searched(self.wanted))
        self.changed()

    def _seek(self) -> None:
        """Go to the next hit, if it is known by now; after the last one on from the first."""
        if self._seeking is None or self._hits is None:
            return
        direction, offset = self._seeking
        hits = self._hits
        hit = hits.before(offset) if direction == UP else hits.after(offset)
        if hit is None and hits.is_done:
            hit = hits.after(-1) if direction == DOWN else hits.before(1 << 62)
            if hit is not None:
                self.notify("On from the beginning." if direction == DOWN else "On from the end.", timeout=3)
        if hit is not None or hits.is_done:
            self._seeking = None
        if hit is not None:
            self._hit = hit
            self.move_cursor(hit)
            self._show_line(hit)

    def _show_line(self, offset: int) -> None:
        """Scroll if it is not on screen. It stays there when the log grows."""
        if self._is_on_screen(offset):
            self._place.hold()
            self.changed()
        else:
            self.go_to(offset)

    def _is_on_screen(self, offset: int) -> bool:
        shown = self._place.shown()
        lines = self._place.lines
        return bool(shown) and self._goal is None and lines[shown[0][0]].offset <= offset <= lines[shown[-1][0]].offset

    @property
    def line_of_interest(self) -> int:
        """The hit, if it is on screen."""
        is_hit = self._hit is not None and self._is_on_screen(self._hit)
        return self._hit if is_hit and self._hit is not None else super().line_of_interest

    def action_search(self) -> None:
        self._ask(TypedLine("/", earlier=self._last_words))

    def action_next_hit(self, direction: int) -> None:
        lowest = self._place.lowest
        if not self._words or lowest is None:
            self._ask(TypedLine("/", earlier=self._last_words))
            return
        here = self._hit if self._hit is not None and self._is_on_screen(self._hit) else None
        offset = here if here is not None else lowest.offset + (direction == UP)
        self._seeking = (direction, offset)
        self._seek()
        self.changed()

    def action_trouble(self) -> None:
        """The newest error above; again: the one before it."""
        words, expression = self.trouble()
        if self._words == words:
            self.action_next_hit(UP)
        else:
            self._search(words, expression, UP)

    def begin(self) -> None:
        super().begin()
        self._typed = self._seeking = self._hit = None
        if self._words:
            self._search("", None, UP)

    # Typing

    def _ask(self, typed: TypedLine | None) -> None:
        self._typed = typed
        self.changed()
        self.screen.refresh_bindings()

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """While words are typed no letter is a key."""
        return self._typed is not None and (key in EDITED or (character is not None and character.isprintable()))

    def on_key(self, event: events.Key) -> None:
        if self._typed is None:
            return
        if event.key == "enter":
            self._answered(self._typed)
        elif event.key == "escape" or (event.key == "backspace" and not self._typed.text):
            self._ask(None)
        elif self._typed.take(event.key, event.character):
            self.changed()
        elif not event.is_printable:
            return
        event.stop()
        event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        if self._typed is not None:
            event.stop()
            self._typed.paste(event.text)
            self.changed()

    def on_blur(self) -> None:
        if self._typed is not None:
            self._ask(None)

    def _answered(self, typed: TypedLine) -> None:
        self._ask(None)
        if typed.question != "/":
            if typed.text.strip():
                first, last = self.marked or (0, None)
                self.post_message(self.SaveAsked(typed.text.strip(), first, self.offset_after(last)))
            return
        words = typed.text or self._last_words
        expression = self.pattern_of(words) if words else None
        if expression is not None:
            self._last_words = words
            self._search(words, expression, UP)

    def action_save(self) -> None:
        what = "lines" if self.marked else "log"
        self._ask(TypedLine(f"save the {what} as: ", self.suggested_name(), self.suggested_name()))

    def action_leave(self) -> None:
        if self.marked:
            self.end_selection()
        elif self._words:
            self._search("", None, UP)
        else:
            raise SkipAction

    # Drawing

    def changed(self) -> None:
        super().changed()
        self.set_subtitle(self._typed.words(self.size.width - BESIDE_TYPED) if self._typed else "")

    def title_words(self) -> list[str]:
        words = super().title_words()
        if self._words:
            words.append(f"“{self._words}” {self._found_words()}")
        return words

    def _found_words(self) -> str:
        more = "+" if self._hits and self._hits.is_full else ""
        if self._hits is None or not self._hits.is_done:
            return f"{self._found:,} found · {self._share:.0%} searched"
        if not self._found:
            return "not found"
        rank = f"{self._hits.rank(self._hit):,} of " if self._hit is not None else ""
        return f"{rank}{self._found:,}{more}"

    def draw(self, width: int, height: int) -> list[Line]:
        self._marking = Marking(self._expression)
        return super().draw(width, height)

    def marks(self, line: StyledLine) -> Sequence[Part]:
        names = "hit-now" if line.offset == self._hit else "hit"
        return [(first, end, names) for first, end in self._marking.spans(line.text)]

    def _named_style(self, name: str) -> Style:
        if name == "hit":
            _, background = self.background_colors
            warning = super()._named_style("warning").color
            if self.has_few_colours:
                return Style(color=warning, bold=True, underline=True)
            tint = background.blend(Color.from_rich_color(warning), HIT_TINT) if warning else background
            return Style(bgcolor=tint.rich_color, underline=True)
        return Style(reverse=True, bold=True) if name == "hit-now" else super()._named_style(name)
