"""The base of every drawing widget: it draws lines of named styles and repaints the lines that changed, no others.

Over a slow connection that is the difference between usable and not: Textual alone would send the whole widget.
"""

from __future__ import annotations

import re
import textwrap
from abc import abstractmethod
from collections.abc import Iterable
from itertools import takewhile
from typing import ClassVar

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from iqa_tui.widgets.palette import named_style, plain_cursor

Span = tuple[str, str]
"""Text without line ends, and the names of its styles, separated by blanks."""

Line = list[Span]

WHITE = re.compile("[ \t\n]+")
"""Where lines may be wrapped; a no-break space is none."""
NO_BREAK = "\u00a0"
MEASURE = re.compile(r"(\d) (s|min|h|d|B|KiB|MiB|GiB|W|°C)\b")
"""A number and its unit."""
BESIDE_TITLE = 6
"""Cells of a panel's upper border that its title cannot have."""


class Canvas(Widget):
    """Draws what `draw` returns. Call `redraw` when something it draws has changed."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._strips: list[Strip] = []
        self._drawn_of: tuple[Style, list[Line]] = (Style(), [])
        """What the strips were made of: the style below all of them, and the lines."""
        self._named_styles: dict[str, Style] = {}
        self._border_words = ("", "")
        self._titles: tuple[str, ...] = ()

    @abstractmethod
    def draw(self, width: int, height: int) -> list[Line]:
        """The lines, at most `height` of them and each at most `width` cells (what is more is cut)."""

    def redraw(self) -> None:
        """Draw anew, and repaint what differs from before."""
        width, height = self.size
        if not self.is_mounted or width < 1 or height < 1:
            return
        before = self._strips
        base = self.rich_style  # which Textual works out anew each time
        lines = self.draw(width, height)[:height]
        known = dict(enumerate(zip(self._drawn_of[1], before, strict=False))) if self._drawn_of[0] == base else {}
        self._strips = [
            known[y][1] if y in known and known[y][0] == line else self._strip(line, width, base)
            for y, line in enumerate(lines)
        ]
        self._drawn_of = (base, lines)
        self._strips += [Strip.blank(width, base)] * (height - len(self._strips))
        if len(before) != len(self._strips):
            self.refresh()
            return
        changed = [
            Region(first, y, last - first, 1)
            for y, (old, new) in enumerate(zip(before, self._strips, strict=True))
            for first, last in changed_cells(old, new)
        ]
        if changed:
            self.refresh(*changed)

    def set_title(self, title: str, *shorter: str) -> None:
        """Put a text, not markup, into the border; nothing is repainted if it is there already.

        Args:
            shorter: ways to say it in a narrower panel, longest first; the last one is cut if it must be.
        """
        self._titles = (title, *shorter)
        self._fit_title()

    def _fit_title(self) -> None:
        room = self.outer_size.width - BESIDE_TITLE
        fitting = (title for title in self._titles if cell_len(title) <= room)
        title = next(fitting, self._titles[-1]) if room > 0 else self._titles[0]
        if self._border_words != (title, self._border_words[1]):
            self._border_words = (title, self._border_words[1])
            self.border_title = Content(title)

    def set_subtitle(self, subtitle: str) -> None:
        """As `set_title`, into the lower border."""
        if self._border_words != (self._border_words[0], subtitle):
            self._border_words = (self._border_words[0], subtitle)
            self.border_subtitle = Content(subtitle)

    def render_line(self, y: int) -> Strip:
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)

    def _strip(self, line: Line, width: int, base: Style) -> Strip:
        segments = [Segment(text, base + self._style(names)) for text, names in clip(line, width) if text]
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, names: str) -> Style:
        if names not in self._named_styles:
            self._named_styles[names] = sum(map(self._named_style, names.split()), Style())
        return self._named_styles[names]

    @property
    def has_few_colours(self) -> bool:
        """The terminal has sixteen: mixed ones become others, and a text may have the colour that is behind it."""
        return not self.app.is_headless and self.app.console.color_system == "standard"

    def _named_style(self, name: str) -> Style:
        _, background = self.background_colors
        _, _, _, foreground = self.colors
        theme = self.app.theme_variables
        dark = self.app.current_theme.dark
        if name == "cursor" and self.has_focus and self.has_few_colours:
            return plain_cursor(theme, dark=dark, background=background, foreground=foreground)
        return named_style(name, theme, dark=dark, background=background, foreground=foreground, focused=self.has_focus)

    def notify_style_update(self) -> None:
        """The theme, the focus or a class changed: every colour may have changed."""
        super().notify_style_update()
        self._named_styles.clear()
        self._strips = []
        self.call_after_refresh(self.redraw)

    def on_resize(self, _event: events.Resize) -> None:
        self._strips = []
        if len(self._titles) > 1:
            self._fit_title()
        self.redraw()


def changed_cells(old: Strip, new: Strip) -> list[tuple[int, int]]:
    """First cell and cell after the last of what two strips of one length differ in; [] if they are equal."""
    if old is new:
        return []
    before, after = list(old), list(new)
    if before == after:
        return []
    head = _cells_in_common(before, after)
    tail = min(_cells_in_common(before[::-1], after[::-1]), new.cell_length - head)
    return [(head, new.cell_length - tail)]


def _cells_in_common(before: Iterable[Segment], after: Iterable[Segment]) -> int:
    """Cells of the segments, from the first on, that are the same in both."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    return sum(old.cell_length for old, _ in same)


def clip(line: Iterable[Span], width: int) -> Line:
    """The spans that fit into `width` cells; the last one is shortened with an ellipsis."""
    clipped: Line = []
    left = width
    for text, names in line:
        size = cell_len(text)
        if size > left:
            clipped.append((fit(text, left), names))
            break
        clipped.append((text, names))
        left -= size
    return clipped


def fit(text: str, width: int, align: str = "left") -> str:
    """`text` in exactly `width` cells: padded on one side, or cut with an ellipsis as its last cell."""
    size = cell_len(text)
    if size > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    padding = " " * (width - size)
    return padding + text if align == "right" else text + padding


def centred(text: str, width: int) -> str:
    """`text` in the middle of `width` cells; a wider one as it is."""
    return " " * ((width - cell_len(text)) // 2) + text


def in_the_middle(text: str, width: int, height: int, style: str = "dim") -> list[Line]:
    """The text, wrapped, in the middle of a place of this size."""
    lines = wrapped(text, width)[:height]
    return [*[[]] * ((height - len(lines)) // 2), *([(centred(line, width), style)] for line in lines)]


def continued(text: str, width: int) -> str:
    """`text` with an ellipsis behind it, in at most `width` cells."""
    return set_cell_size(text, min(cell_len(text), max(0, width - 1))) + "…"


def wrapped(text: str, width: int, indent: str = "", *, tear: bool = True) -> list[str]:
    """The text in lines of at most `width` cells, or of ten if that is less; commands and paths are not torn, and a
    number keeps its unit.

    Args:
        indent: before every line but the first.
        tear: break a word that is longer than a line.
    """
    width = max(10, width)
    if NO_BREAK in text:
        return _wrapped(text, width, indent, tear=tear)
    kept = MEASURE.sub(rf"\1{NO_BREAK}\2", text)
    return [line.replace(NO_BREAK, " ") for line in _wrapped(kept, width, indent, tear=tear)]


def _wrapped(text: str, width: int, indent: str, *, tear: bool) -> list[str]:
    if text.replace(NO_BREAK, " ").isascii():  # textwrap counts signs, which are cells then
        return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=tear, break_on_hyphens=False)
    lines: list[str] = []
    for word in WHITE.split(text.strip(" \t\n")):
        room = width - len(indent)
        if lines and cell_len(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            pieces = chop_cells(word, room) if tear and cell_len(word) > room else [word]
            lines += [(indent if lines or number else "") + piece for number, piece in enumerate(pieces)]
    return [line for line in lines if line]


def line_width(line: Iterable[Span]) -> int:
    """Cells that a line takes."""
    return sum(cell_len(text) for text, _ in line)
