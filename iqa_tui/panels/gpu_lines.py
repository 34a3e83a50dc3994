"""The lines of all devices, in as much room as there is. Each has the same columns: numbers stand below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from rich.cells import cell_len

from iqa_tui.panels.gpu_numbers import (
    colour_of,
    heat_words,
    load_words,
    memory_bar,
    memory_words,
    number_of,
    power_words,
    short_name,
)
from iqa_tui.panels.gpu_users import Detail, User
from iqa_tui.widgets.canvas import Line, Span, fit, line_width, wrapped
from iqa_tui.widgets.meter import history_rows

if TYPE_CHECKING:  # as in `gpu_users`
    from iqa_tui.devices.device import DeviceState
    from iqa_tui.devices.gpus.sample import GpuSample

NAME_WIDTH, SLOT_WIDTH = 8, 7
MOST_USERS = 5
"""Processes that a device lists; the others are counted."""
MOST_HISTORY, SHORT_HISTORY, LEAST_HISTORY = 60, 8, 4
"""Cells. A sample every two seconds, so the first is two minutes."""
LEAST_BAR, SHORT_BAR = 4, 8
LONGEST_SHARED = 20
"""Cells of words that a line shares with numbers; longer ones have a line for themselves, if there is one."""
COUNT_WIDTH = 3
"""Of ` +2`."""


class Form(Enum):
    """How much room a GPU gets."""

    FULL = "memory, utilisation, and a line for each process"
    TWO_LINES = "two lines"
    LINE = "one line"


class Part(Enum):
    """What a line shows beside memory, load and words, in the order in which it is left out."""

    HISTORY = "history"
    POWER = "power"
    LABELS = "labels"
    HEAT = "heat"
    BAR = "bar"


ALL_PARTS = frozenset(Part)


@dataclass(frozen=True, slots=True)
class Place:
    """The room that the lines of a device have."""

    width: int
    """Cells."""
    form: Form
    number_width: int = 1
    """Of the longest number that stands above or below: `0`, or `2:1` for a MIG instance."""
    has_name: bool = True
    """False: all have the same, and the title says it."""
    history_rows: int = 1
    """Lines of the history in the full form."""
    words_width: int = 0
    """Of the words in a line that has numbers too."""
    parts: frozenset[Part] = ALL_PARTS


@dataclass(frozen=True, slots=True)
class Shown:
    """A device with what is said of it."""

    state: DeviceState
    history: tuple[float | None, ...]
    """Utilisation, the oldest first."""
    users: tuple[User, ...]
    words: tuple[Span, ...]
    """What else must be said: why it is not free, that it gets no more runs."""


def lines_of(devices: Sequence[Shown], width: int, form: Form, rows: int = 1) -> list[list[Line]]:
    """The lines of each device.

    Args:
        rows: lines of a history in the full form.
    """
    number_width = max((len(number_of(each.state)) for each in devices if each.state.sample), default=1)
    names = {short_name(each.state.sample.name) for each in devices if each.state.sample}
    wanted = max((_least_words(each) for each in devices), default=0)
    place = Place(width, form, number_width, len(names) > 1, rows, wanted)
    if form is Form.TWO_LINES:
        place = replace(place, words_width=min(wanted, LONGEST_SHARED))
    if form is not Form.FULL:
        place = replace(place, parts=_parts_that_fit(place))
    return [device_lines(each, place) for each in devices]


def _least_words(shown: Shown) -> int:
    """Cells of the first that is said of a device, at its shortest; what follows is counted if there is no room."""
    words = _shared_words(shown, Detail.WHO)
    return cell_len(words[0][0]) + (COUNT_WIDTH if len(words) > 1 else 0) if words else 0


def _parts_that_fit(place: Place) -> frozenset[Part]:
    left = list(Part)
    while left and _fixed_width(place, left) + place.words_width > place.width:
        left = left[1:]
    return frozenset(left)


def _fixed_width(place: Place, parts: Sequence[Part]) -> int:
    """Cells of a line beside its words."""
    history = LEAST_HISTORY + (6 if Part.LABELS in parts else 1) if Part.HISTORY in parts else 0
    numbers = 5 + 7 * (Part.POWER in parts) + 6 * (Part.HEAT in parts)
    before = place.number_width + 1
    if place.form is Form.TWO_LINES:
        return before + 1 + history + numbers
    bar = LEAST_BAR + (5 if Part.LABELS in parts else 1) if Part.BAR in parts else 0
    return before + (NAME_WIDTH + 1) * place.has_name + bar + 11 + history + numbers + 2


def device_lines(shown: Shown, place: Place) -> list[Line]:
    """A GPU in this form; one line for a CPU slot."""
    sample = shown.state.sample
    if sample is None:
        words = _shared_line(shown, place.width - SLOT_WIDTH)
        return [[(fit(shown.state.device.label, SLOT_WIDTH), "strong"), *words]]
    head: Line = [(f"{number_of(shown.state):<{place.number_width}} ", "strong")]
    if place.has_name and place.form is not Form.TWO_LINES:
        head.append((f"{fit(short_name(sample.name), NAME_WIDTH)} ", ""))
    if place.form is Form.LINE:
        return [_one_line(shown, sample, head, place)]
    memory = _memory_line(shown, sample, head, place.width)
    if place.form is Form.TWO_LINES:
        return [memory, _words_and_use(shown, sample, place)]
    return [memory, *_use_lines(shown, sample, place), *_user_lines(shown, place)]


def _memory_line(shown: Shown, sample: GpuSample, head: Line, width: int) -> Line:
    words, style = memory_words(sample)
    line: Line = [*head, ("mem ", "dim")]
    bar = memory_bar(sample, shown.users, max(LEAST_BAR, width - line_width(line) - cell_len(words) - 1))
    return [*line, *bar, (f" {words}", style)]


def _use_lines(shown: Shown, sample: GpuSample, place: Place) -> list[Line]:
    indent = " " * (place.number_width + 1)
    numbers = _numbers(sample, ALL_PARTS)
    room = place.width - len(indent) - len("use ") - cell_len(numbers)
    rows = history_rows(shown.history, min(MOST_HISTORY, max(LEAST_HISTORY, room)), place.history_rows)
    above: list[Line] = [[(f"{indent}    ", ""), (row, colour_of(shown.users))] for row in rows[:-1]]
    return [*above, [(indent, ""), ("use ", "dim"), (rows[-1], colour_of(shown.users)), (numbers, "")]]


def _user_lines(shown: Shown, place: Place) -> list[Line]:
    indent = " " * (place.number_width + 1)
    lines: list[Line] = []
    for user in shown.users[:MOST_USERS]:
        details = f" · {' · '.join(user.details)}" if user.details else ""
        if user.is_ours:
            lines.append([(f"{indent}{user.mark}{user.who}", user.style), (details, "")])
        else:
            lines.append([(f"{indent}{user.who}{details}", user.style)])
    if hidden := shown.users[MOST_USERS:]:
        lines.append([(f"{indent}{len(hidden)} more processes", "dim")])
    for text, style in shown.words:
        lines += [[(indent + row, style)] for row in wrapped(text, place.width - len(indent))]
    return lines


def _words_and_use(shown: Shown, sample: GpuSample, place: Place) -> Line:
    """Words that are longer than their column are worth more than what stands beside it."""
    indent = " " * (place.number_width + 1)
    room = place.width - len(indent)
    if _least_words(shown) > place.words_width or Part.HISTORY not in place.parts:
        return [(indent, ""), *_shared_line(shown, room)]
    label = "use " if Part.LABELS in place.parts else ""
    numbers = _numbers(sample, place.parts)
    history = min(MOST_HISTORY, room - place.words_width - 1 - len(label) - cell_len(numbers))
    (row,) = history_rows(shown.history, history, 1)
    words = _padded(_shared_line(shown, place.words_width), place.words_width + 1)
    return [(indent, ""), *words, (label, "dim"), (row, colour_of(shown.users)), (numbers, "")]


def _one_line(shown: Shown, sample: GpuSample, head: Line, place: Place) -> Line:
    memory, style = memory_words(sample)
    has_labels = Part.LABELS in place.parts
    spare = max(0, place.width - _fixed_width(place, list(place.parts)) - place.words_width)
    line = list(head)
    if Part.BAR in place.parts:
        more = min(spare, SHORT_BAR - LEAST_BAR)
        spare -= more
        line += [("mem " if has_labels else "", "dim"), *memory_bar(sample, shown.users, LEAST_BAR + more), (" ", "")]
    line.append((memory, style))
    if Part.HISTORY in place.parts:
        cells = LEAST_HISTORY + min(spare, SHORT_HISTORY - LEAST_HISTORY)
        (row,) = history_rows(shown.history, cells, 1)
        line += [("  use " if has_labels else " ", "dim"), (row, colour_of(shown.users))]
    line.append((f"{_numbers(sample, place.parts)}  ", ""))
    return [*line, *_shared_line(shown, place.width - line_width(line))]


def _numbers(sample: GpuSample, parts: frozenset[Part]) -> str:
    power = power_words(sample) if Part.POWER in parts else ""
    return load_words(sample) + power + (heat_words(sample) if Part.HEAT in parts else "")


def _shared_line(shown: Shown, width: int) -> Line:
    """Everything that is said of a device, in a row: shorter if there is no room, then the last are counted."""
    for detail in Detail:
        line: Line = []
        for text, style in _shared_words(shown, detail):
            line += [*([(" · ", "dim")] if line else []), (text, style)]
        if line_width(line) <= width:
            return line
    dropped = 0
    while len(line) > 2 and line_width(line) + (COUNT_WIDTH if dropped else 0) > width:
        line, dropped = line[:-2], dropped + 1
    return [*line, (f" +{dropped}", "dim")] if dropped else line


def _shared_words(shown: Shown, detail: Detail) -> list[Span]:
    return [*((user.words(detail), user.style) for user in shown.users), *shown.words]


def _padded(line: Line, width: int) -> Line:
    return [*line, (" " * max(0, width - line_width(line)), "")]
