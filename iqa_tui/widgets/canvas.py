"""The base of every drawing widget: it draws lines of named styles and repaints the lines that changed, no others.

Over a slow connection that is the difference between usable and not: Textual alone would send the whole widget.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

Span = tuple[str, str]
"""Text without line ends, and the names of its styles, separated by blanks."""

Line = list[Span]

SERIES = 7
"""So many colours can be told apart by everybody."""

STYLES = ("strong", "dim", "good", "bad", "warning", "accent", "cursor", "heading")
SERIES_STYLES = tuple(f"series-{number}" for number in range(SERIES))


class Canvas(Widget):
    """Draws what `draw` returns. Call `redraw` when something it draws has changed."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"canvas--{name}" for name in (*STYLES, *SERIES_STYLES)}

    # Okabe and Ito's colours, in the order in which they stand apart best on the background.
    DEFAULT_CSS = """
    Canvas {
        & > .canvas--strong { text-style: bold; }
        & > .canvas--dim { color: $foreground 60%; }
        & > .canvas--good { color: $success; }
        & > .canvas--bad { color: $error; }
        & > .canvas--warning { color: $warning; }
        & > .canvas--accent { color: $primary; }
        & > .canvas--cursor { background: $foreground 10%; }
        & > .canvas--heading { color: $foreground 60%; text-style: bold; }
        &:focus > .canvas--cursor { background: $primary 30%; text-style: bold; }
        &:dark {
            & > .canvas--series-0 { color: #56b4e9; }
            & > .canvas--series-1 { color: #e69f00; }
            & > .canvas--series-2 { color: #009e73; }
            & > .canvas--series-3 { color: #cc79a7; }
            & > .canvas--series-4 { color: #f0e442; }
            & > .canvas--series-5 { color: #d55e00; }
            & > .canvas--series-6 { color: #0072b2; }
        }
        &:light {
            & > .canvas--series-0 { color: #0072b2; }
            & > .canvas--series-1 { color: #d55e00; }
            & > .canvas--series-2 { color: #009e73; }
            & > .canvas--series-3 { color: #cc79a7; }
            & > .canvas--series-4 { color: #000000; }
            & > .canvas--series-5 { color: #e69f00; }
            & > .canvas--series-6 { color: #56b4e9; }
        }
    }
    """

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id, classes=classes)
        self._strips: list[Strip] = []
        self._named_styles: dict[str, Style] = {}

    @abstractmethod
    def draw(self, width: int, height: int) -> list[Line]:
        """The lines, at most `height` of them and each at most `width` cells (what is more is cut)."""

    def redraw(self) -> None:
        """Draw anew and repaint the lines that came out otherwise than before."""
        width, height = self.size
        if not self.is_mounted or width < 1 or height < 1:
            return
        before = self._strips
        self._strips = [self._strip(line, width) for line in self.draw(width, height)[:height]]
        self._strips += [Strip.blank(width, self.rich_style)] * (height - len(self._strips))
        if len(before) != len(self._strips):
            self.refresh()
            return
        changed = [y for y, (old, new) in enumerate(zip(before, self._strips, strict=True)) if old != new]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def set_title(self, title: str) -> None:
        """Put a text into the border; nothing is repainted where it is there already."""
        if self.border_title != title:
            self.border_title = title

    def set_subtitle(self, subtitle: str) -> None:
        if self.border_subtitle != subtitle:
            self.border_subtitle = subtitle

    def render_line(self, y: int) -> Strip:
        if y < len(self._strips):
            return self._strips[y]
        return Strip.blank(self.size.width, self.rich_style)

    def _strip(self, line: Line, width: int) -> Strip:
        base = self.rich_style
        segments = [Segment(text, base + self._style(names)) for text, names in clip(line, width) if text]
        return Strip(segments).adjust_cell_length(width, base)

    def _style(self, names: str) -> Style:
        if names not in self._named_styles:
            self._named_styles[names] = sum(map(self._named_style, names.split()), Style())
        return self._named_styles[names]

    def _named_style(self, name: str) -> Style:
        """Colours that let the background through are mixed with it here: a terminal knows no transparency."""
        styles = self.get_component_styles(f"canvas--{name}")
        _, background = self.background_colors
        colour = (background + styles.color).rich_color if styles.has_rule("color") else None
        behind = (background + styles.background).rich_color if styles.has_rule("background") else None
        return Style(color=colour, bgcolor=behind) + styles.text_style

    def notify_style_update(self) -> None:
        """The theme, the focus or a class changed: every colour may be another."""
        super().notify_style_update()
        self._named_styles.clear()
        self._strips = []
        self.call_after_refresh(self.redraw)

    def on_resize(self, _event: events.Resize) -> None:
        self._strips = []
        self.redraw()


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


def line_width(line: Iterable[Span]) -> int:
    """Cells that a line takes."""
    return sum(cell_len(text) for text, _ in line)
