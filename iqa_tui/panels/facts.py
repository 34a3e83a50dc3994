"""Facts under headings, one value beside each name or one of each run; longer than the panel, it scrolls."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.monitor.run_facts import Fact, Section
from iqa_tui.widgets.canvas import Line, fit, line_width, wrapped
from iqa_tui.widgets.scrolled import Scrolled

MOST_NAME_WIDTH = 22
LEAST_VALUE_WIDTH = 10


class Facts(Scrolled):
    """Draws what `show` was given last."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  Textual's name
        super().__init__(id=id)
        self._sections: tuple[Section, ...] = ()
        self._heads: tuple[str, ...] = ()

    def show(self, sections: Sequence[Section], heads: Sequence[str] = ()) -> None:
        """Args:
        heads: names of the runs that are compared, above their values.
        """
        self._sections, self._heads = tuple(sections), tuple(heads)
        self.redraw()

    def all_lines(self, width: int) -> list[Line]:
        return fact_lines(self._sections, width, self._heads)


def fact_lines(sections: Sequence[Section], width: int, heads: Sequence[str] = ()) -> list[Line]:
    """All of it at this width; a value that is longer than its place goes on in the next line."""
    names = [fact.name for section in sections for fact in section.facts]
    name_width = min(MOST_NAME_WIDTH, max(map(len, names), default=0), max(0, width - LEAST_VALUE_WIDTH - 1))
    count = max(1, len(heads))
    value_width = max(LEAST_VALUE_WIDTH, (width - name_width - 1 - 2 * (count - 1)) // count)
    lines: list[Line] = []
    if heads:
        head = "  ".join(fit(text, value_width) for text in heads)
        lines.append([(" " * (name_width + 1) + head, "heading")])
    for section in sections:
        lines += [[], [(section.title, "strong accent")]] if lines else [[(section.title, "strong accent")]]
        for fact in section.facts:
            lines += _fact(fact, name_width, value_width)
    return lines


def _fact(fact: Fact, name_width: int, value_width: int) -> list[Line]:
    columns = [wrapped(value, value_width) or [""] for value in fact.values]
    height = max(map(len, columns))
    lines: list[Line] = []
    for row in range(height):
        line: Line = [(fit(fact.name if row == 0 else "", name_width) + " ", "dim")]
        for number, column in enumerate(columns):
            text = column[row] if row < len(column) else ""
            is_last = number == len(columns) - 1
            line.append((text if is_last else fit(text, value_width) + "  ", fact.style))
        lines.append(line)
    return [line for line in lines if line_width(line)]
