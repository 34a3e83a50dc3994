"""Lines of text that follow their end until the user scrolls up, and again once the user is back at the end.

The lines are a part of a longer text. The view says which part it wants, and goes on when it gets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from iqa_tui.widgets.canvas import Canvas, Line, line_width
from iqa_tui.widgets.ink import ink_style
from iqa_tui.widgets.log_rows import LogPlace, Part, StyledLine, spans

SHIFT_COLUMNS = 20
WHEEL_ROWS = 3
MOST_STYLES = 2000
"""Kept at once; a log may have a colour for every letter."""


class LogPart(Protocol):
    """The lines that are in memory, a part of a log without gaps."""

    @property
    def lines(self) -> Sequence[StyledLine]: ...
    @property
    def is_begin(self) -> bool:
        """The log has no line before them."""

    @property
    def is_end(self) -> bool:
        """The log has no line after them."""

    @property
    def skipped(self) -> int:
        """To add to the numbers of the lines."""

    @property
    def total(self) -> int:
        """Lines of the whole log."""

    @property
    def is_counted(self) -> bool:
        """False if the numbers of the lines are estimates."""

    @property
    def is_total_counted(self) -> bool:
        """False if `total` is one."""


class LogView(Canvas, can_focus=True):
    """Shows text as it is: nothing in it is markup."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_lines(-1)", "up", show=False),
        Binding("down,j", "scroll_lines(1)", "down", show=False),
        Binding("pageup", "scroll_pages(-1)", "page up", show=False),
        Binding("pagedown", "scroll_pages(1)", "page down", show=False),
        Binding("ctrl+u", "scroll_halves(-1)", "half a page up", show=False),
        Binding("ctrl+d", "scroll_halves(1)", "half a page down", show=False),
        Binding("home,g", "first", "first line", show=False),
        Binding("end,G", "follow", "last line, follow", show=False),
        Binding("left", "shift(-1)", "left", show=False),
        Binding("right", "shift(1)", "right", show=False),
        Binding("w", "wrap", "wrap"),
    ]

    class Wanted(Message):
        """Another part of the log is looked at: its user wants the lines around `place`, None: the newest."""

        def __init__(self, place: int | None) -> None:
            super().__init__()
            self.place = place

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._place = LogPlace()
        self._part: LogPart | None = None
        self._log_name = self._log = self._name_style = self._empty = ""
        self._title: tuple[str, ...] = ()
        self._shift = 0
        self._owed = 0
        """Rows that were to be gone when there were no more lines in memory."""
        self._goal: int | None = None
        """Offset of a line to show when it is there."""
        self._wanted: int | None = None

    @property
    def is_following(self) -> bool:
        return self._place.is_following and self._goal is None

    @property
    def lowest_line(self) -> str:
        """The text of the lowest line on screen; empty if there is none."""
        return self._place.lowest.text if self._place.lowest else ""

    @property
    def wanted(self) -> int | None:
        """An offset: the lines around it are wanted. None: the newest lines."""
        if self._goal is not None:
            return self._goal
        return None if self._place.is_following or not self._place.lowest else self._place.lowest.offset

    def show(self, name: str, part: LogPart, empty: str = "", style: str = "", log: str = "") -> None:
        """Show a part of a log.

        Args:
            name: what the title calls the log.
            part: may be another one than wanted; what was on screen stays if it is among it.
            empty: what to say if there is no line.
            style: of the name.
            log: which log it is; another than before is shown from its end. Empty: as its name says.
        """
        self._log_name = name
        if self._log != (log or name):
            self._log = log or name
            self.begin()
        self._empty, self._part, self._name_style = empty, part, style
        self._place.set_size(*self.size)
        self._place.set_lines(part.lines)
        self._go_on()
        self.changed()

    def begin(self) -> None:
        """Called when another log is shown."""
        self._shift, self._owed, self._goal, self._wanted = 0, 0, None, None
        self._place.follow()

    def _go_on(self) -> None:
        """What could not be done before there were these lines."""
        if self._goal is not None and self._has(self._goal):
            goal, self._goal = self._goal, None
            self._place.move_to(self._place.index_of(goal))
        if self._owed and self._goal is None:
            owed, self._owed = self._owed, 0
            self._move(owed)

    def _has(self, place: int) -> bool:
        part = self._part
        if part is None or not part.lines:
            return False
        return (part.is_begin or part.lines[0].offset <= place) and (part.is_end or place <= part.lines[-1].offset)

    def changed(self) -> None:
        """Say which lines are wanted if those are others, and draw."""
        if self.wanted != self._wanted:
            self._wanted = self.wanted
            self.post_message(self.Wanted(self._wanted))
        self._show_title()
        self.redraw()

    def _show_title(self) -> None:
        """With the name in its colour. As every change of a title it repaints the widget."""
        words = self.title_words()
        colour = self._style(self._name_style).color if self._name_style and self.is_mounted else None
        title = (self._log_name, colour.name if colour else "", *words)
        if title != self._title:
            self._title = title
            name = [Content.styled(self._log_name, title[1])] if self._log_name else []
            self.border_title = Content(" · ").join([Content("Log"), *name, *map(Content, words)])

    def title_words(self) -> list[str]:
        """What the title says behind the name of the log."""
        if not self._log_name:
            return []
        if self.is_following or not self._place.lowest or not self._part:
            return ["following"]
        number = self._place.lowest.number + self._part.skipped + 1
        about = "" if self._part.is_counted else "~"
        about_total = "" if self._part.is_total_counted else "~"
        return [f"line {about}{number:,} of {about_total}{max(number, self._part.total):,}"]

    def draw(self, width: int, height: int) -> list[Line]:
        if not self._place.lines:
            return [[(self._empty, "dim")]]
        self._place.set_size(width, height)
        if len(self._named_styles) > MOST_STYLES:
            self._named_styles.clear()
        drawn = []
        for index, first, end in self._place.shown():
            begin = first + self._shift
            line = self._place.lines[index]
            drawn.append(self._row(spans(line, begin, min(end, begin + 2 * width), self.marks(line)), line, width))
        return drawn

    def _row(self, row: Line, line: StyledLine, width: int) -> Line:
        names = self.row_names(line)
        if not names:
            return row
        styled = [(text, f"{of_text} {names}") for text, of_text in row]
        return [*styled, (" " * (width - line_width(row)), names)]

    def row_names(self, line: StyledLine) -> str:  # noqa: ARG002  for views that mark some lines
        """Styles of the whole row."""
        return ""

    def marks(self, line: StyledLine) -> Sequence[Part]:  # noqa: ARG002  as above
        """Parts of a line that have further styles."""
        return ()

    def _named_style(self, name: str) -> Style:
        _, background = self.background_colors
        _, _, _, foreground = self.colors
        return ink_style(name, background, foreground) or super()._named_style(name)

    def _move(self, rows: int) -> None:
        self._place.set_size(*self.size)
        left = self._place.move(rows, is_end=self._part is None or self._part.is_end)
        if left and self._part and not (self._part.is_begin if left < 0 else self._part.is_end):
            self._owed = left

    def go_to(self, offset: int) -> None:
        """Show the line at this offset, now or when it is there."""
        self._owed, self._goal = 0, offset
        self._place.set_size(*self.size)
        self._go_on()
        self.changed()

    def action_scroll_lines(self, lines: int) -> None:
        if self._owed or self._goal is not None:
            self._owed += lines
        else:
            self._move(lines)
        self.changed()

    def action_scroll_pages(self, pages: int) -> None:
        self.action_scroll_lines(pages * max(1, self.size.height - 1))

    def action_scroll_halves(self, halves: int) -> None:
        self.action_scroll_lines(halves * max(1, self.size.height // 2))

    def action_first(self) -> None:
        self.go_to(0)

    def action_follow(self) -> None:
        self._owed, self._goal = 0, None
        self._place.follow()
        self.changed()

    def action_shift(self, steps: int) -> None:
        longest = max((len(self._place.lines[index].text) for index, _, _ in self._place.shown()), default=0)
        wanted = max(0, self._shift + steps * SHIFT_COLUMNS)
        if not self._place.wraps and (steps < 0 or wanted < longest):
            self._shift = wanted
            self.redraw()

    def action_wrap(self) -> None:
        """Long lines in several rows, or cut at the edge."""
        self._shift = 0
        self._place.set_wraps(not self._place.wraps)
        self.redraw()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_scroll_lines(-WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_scroll_lines(WHEEL_ROWS)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.call_after_refresh(self._show_title)

    def on_resize(self, event: events.Resize) -> None:
        self._place.set_size(*event.size)
