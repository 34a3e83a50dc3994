"""What the terminal shows, cell by cell, and the shortest text that turns it into what it shall show.

Textual sends a whole line of a widget if a cell of it changed, and the whole widget if a word of its border did. Over
a slow connection that is most of the waiting. Here a frame is compared with the last one, and only cells that differ
are sent, with only those colours that differ from the cell before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, get_character_cell_size
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style

RESET = "\x1b[0m"
NEAR_CELLS = 3
"""A gap of so many equal cells of one colour is written again: to jump over it takes as many bytes."""

Cell = tuple[str, int]
"""A character with its combining signs, and the number of its colours; the second half of a wide one is empty."""

Piece = tuple[int, int, Sequence[Segment], int]
"""Line, first column, segments, and the column at which they are cut."""


@dataclass(frozen=True, slots=True)
class Colours:
    """What a terminal must be told before it writes a character. Codes of ECMA-48's SGR."""

    attributes: str = ""
    """Bold, underlined and so on; empty if there are none."""
    foreground: str = "39"
    background: str = "49"

    def after(self, before: Colours) -> str:
        """The sequence that leads here; empty if nothing changes."""
        if self.attributes != before.attributes:  # single attributes cannot be told off: all begin anew
            shown = [code for code, plain in ((self.foreground, "39"), (self.background, "49")) if code != plain]
            return f"\x1b[{';'.join(['0', *([self.attributes] if self.attributes else []), *shown])}m"
        changed = [self.foreground] if self.foreground != before.foreground else []
        changed += [self.background] if self.background != before.background else []
        return f"\x1b[{';'.join(changed)}m" if changed else ""


@dataclass(slots=True)
class Mirror:
    """Of one terminal of one size."""

    width: int
    height: int
    color_system: ColorSystem | None
    """None: no colours and no attributes, as for a terminal that knows none."""
    _wanted: list[list[Cell]] = field(init=False)
    _shown: list[list[Cell] | None] = field(init=False)
    """None for a line of which nothing is known."""
    _touched: set[int] = field(init=False)
    _colours: list[Colours] = field(init=False)
    _numbers: dict[Style | None, int] = field(init=False)
    _number_of: dict[Colours, int] = field(init=False)

    def __post_init__(self) -> None:
        self._wanted = [[(" ", 0)] * self.width for _ in range(self.height)]
        self._colours, self._number_of = [Colours()], {Colours(): 0}
        self._numbers = {None: 0}
        self._shown = [None] * self.height
        self._touched = set(range(self.height))

    def forget(self) -> None:
        """The terminal may show anything: the next difference writes all of it."""
        self._shown = [None] * self.height
        self._touched = set(range(self.height))

    def put(self, pieces: Iterable[Piece]) -> None:
        """Take what the screen shall show in some places; later ones win."""
        for y, x, segments, end in pieces:
            last = min(end, self.width)
            if 0 <= y < self.height and 0 <= x < last:
                cells = self._cells(segments)[: last - x]
                self._wanted[y][x : x + len(cells)] = cells
                self._touched.add(y)

    def difference(self) -> str:
        """The text that makes the terminal show what was put; empty if it does. It ends with plain colours."""
        parts: list[str] = []
        colours = self._colours[0]
        for y in sorted(self._touched):
            wanted, shown = self._wanted[y], self._shown[y]
            if wanted == shown:
                continue
            line = f"\x1b[{y + 1};"
            for first, last in _runs(shown, wanted):
                parts.append(f"{line}{first + 1}H" if line else f"\x1b[{first + 1}G")
                line, number = "", -1
                for place in range(first, last):
                    character, each = wanted[place]
                    if each != number:
                        number = each
                        parts.append(self._colours[each].after(colours))
                        colours = self._colours[each]
                    parts.append(character)
                    if len(character) != 1 and place + 1 < last:  # terminals disagree about how wide such ones are
                        parts.append(f"\x1b[{place + 2}G")
            self._shown[y] = list(wanted)
        self._touched.clear()
        if parts and colours != self._colours[0]:
            parts.append(RESET)
        return "".join(parts)

    def _cells(self, segments: Iterable[Segment]) -> list[Cell]:
        cells: list[Cell] = []
        for text, style, _ in segments:
            number = self._numbers.get(style)
            if number is None:
                number = self._number(style)
            if text.isascii() or cell_len(text) == len(text):
                cells.extend([(character, number) for character in text])
            else:
                _add_wide(cells, text, number)
        return cells

    def _number(self, style: Style | None) -> int:
        colours = colours_of(style, self.color_system)
        if colours not in self._number_of:
            self._number_of[colours] = len(self._colours)
            self._colours.append(colours)
        self._numbers[style] = self._number_of[colours]
        return self._numbers[style]


def colours_of(style: Style | None, color_system: ColorSystem | None) -> Colours:
    """What the style tells a terminal of these abilities; links are left out."""
    if style is None or color_system is None:
        return Colours()
    codes = ["", ""]
    for place, (color, is_foreground) in enumerate(((style.color, True), (style.bgcolor, False))):
        if color is not None:
            codes[place] = ";".join(color.downgrade(color_system).get_ansi_codes(is_foreground))
    return Colours(_attributes(style), codes[0] or "39", codes[1] or "49")


def _attributes(style: Style) -> str:
    names = ("bold", "dim", "italic", "underline", "blink", "blink2", "reverse", "conceal", "strike", "underline2")
    codes = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "21")
    return ";".join(code for name, code in zip(names, codes, strict=True) if getattr(style, name))


def _add_wide(cells: list[Cell], text: str, number: int) -> None:
    for character in text:
        size = get_character_cell_size(character)
        if size:
            cells += [(character, number), *([("", number)] * (size - 1))]
        elif cells:  # it is drawn over the one before
            place = len(cells) - 1 - (cells[-1][0] == "")
            cells[place] = (cells[place][0] + character, cells[place][1])


def _runs(shown: Sequence[Cell] | None, wanted: Sequence[Cell]) -> list[tuple[int, int]]:
    """First column and column after the last of each stretch to write, no wide character cut in two."""
    if shown is None:
        return [(0, len(wanted))]
    different = [place for place, (old, new) in enumerate(zip(shown, wanted, strict=True)) if old != new]
    runs: list[tuple[int, int]] = []
    for place in different:
        first = place
        while first and wanted[first][0] == "":
            first -= 1
        last = place + 1
        while last < len(wanted) and wanted[last][0] == "":
            last += 1
        end = runs[-1][1] if runs else -1
        if runs and (first <= end or (first - end <= NEAR_CELLS and _is_of_one_colour(wanted[end - 1 : first + 1]))):
            runs[-1] = (runs[-1][0], last)
        else:
            runs.append((first, last))
    return runs


def _is_of_one_colour(cells: Sequence[Cell]) -> bool:
    return len({number for _, number in cells}) <= 1
