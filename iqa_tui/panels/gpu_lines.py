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
SEPARATOR = " · "
COUNT_WIDTH = 3
"""Of ` +2`."""


class Form(Enum):
    """How much room a GPU gets."""

    FULL = "memory, utilisation, and a line for each process"
    WORDS = "two lines, and more for words that are longer"
    TWO_LINES = "two lines"
    LINE = "one line"


SHARED = (Form.WORDS, Form.TWO_LINES)
"""The second line has words and utilisation."""


class Part(Enum):
    """What a line shows beside memory, load and words, in the order in which it is left out of one line."""

    HISTORY = "history"
    POWER = "power"
    LABELS = "labels"
    HEAT = "heat"
    BAR = "bar"


LEFT_OUT_OF_SHARED = (Part.POWER, Part.HEAT, Part.LABELS, Part.HISTORY)
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
    all_words: int = 0
    """Cells of the longest words of a device, if everything is said. They do not change with ages: bars stand still."""
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
    longest = max((_most_words(each) for each in devices), default=0)
    place = Place(width, form, number_width, len(names) > 1, rows, wanted, longest)
    if form in SHARED:
        short = [least for each in devices if (least := _least_words(each)) <= LONGEST_SHARED]
        place = replace(place, words_width=max(short, default=0))
    if form is not Form.FULL:
        place = replace(place, parts=_parts_that_fit(place))
    return [device_lines(each, place) for each in devices]


def _least_words(shown: Shown) -> int:
    """Cells of the first that is said of a device, at its shortest; what follows is counted if there is no room."""
    words = _shared_words(shown, Detail.WHO)
    return cell_len(words[0][0]) + (COUNT_WIDTH if len(words) > 1 else 0) if words else 0


def _most_words(shown: Shown) -> int:
    cells = [*(user.most_cells for user in shown.users), *(cell_len(text) for text, _ in shown.words)]
    return sum(cells) + len(SEPARATOR) * max(0, len(cells) - 1)


def words_fit(devices: Sequence[Shown], width: int) -> bool:
    """Whether one line a device has room for the first that is said of it, beside its memory and its load alone."""
    return all(line_width(lines[0]) <= width for lines in lines_of(devices, width, Form.LINE))


def _parts_that_fit(place: Place) -> frozenset[Part]:
    left = list(LEFT_OUT_OF_SHARED if place.form in SHARED else Part)
    while left and _fixed_width(place, left) + place.words_width > place.width:
        left = left[1:]
    return frozenset(left)


def _fixed_width(place: Place, parts: Sequence[Part]) -> int:
    """Cells of a line beside its words."""
    history = LEAST_HISTORY + (6 if Part.LABELS in parts else 1) if Part.HISTORY in parts else 0
    numbers = 5 + 7 * (Part.POWER in parts) + 6 * (Part.HEAT in parts)
    before = place.number_width + 1
    if place.form in SHARED:
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
    if place.has_name and place.form not in SHARED:
        head.append((f"{fit(short_name(sample.name), NAME_WIDTH)} ", ""))
    if place.form is Form.LINE:
        return [_one_line(shown, sample, head, place)]
    memory = _memory_line(shown, sample, head, place.width)
    if place.form in SHARED:
        return [memory, *_words_and_use(shown, sample, place)]
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


def _words_and_use(shown: Shown, sample: GpuSample, place: Place) -> list[Line]:
    """Words that are longer than their column are worth more than what stands beside it."""
    indent = " " * (place.number_width + 1)
    room = place.width - len(indent)
    if _least_words(shown) > place.words_width or Part.HISTORY not in place.parts:
        if place.form is Form.WORDS and not shown.users:
            return [[(indent + row, style)] for text, style in shown.words for row in wrapped(text, room)]
        return [[(indent, ""), *_shared_line(shown, room)]]
    label = "use " if Part.LABELS in place.parts else ""
    numbers = _numbers(sample, place.parts)
    history = min(MOST_HISTORY, room - place.words_width - 1 - len(label) - cell_len(numbers))
    (row,) = history_rows(shown.history, history, 1)
    words = _padded(_shared_line(shown, place.words_width), place.words_width + 1)
    return [[(indent, ""), *words, (label, "dim"), (row, colour_of(shown.users)), (numbers, "")]]


def _one_line(shown: Shown, sample: GpuSample, head: Line, place: Place) -> Line:
    memory, style = memory_words(sample)
    has_labels = Part.LABELS in place.parts
    bar, history = _bar_and_history(place)
    line = list(head)
    if Part.BAR in place.parts:
        line += [("mem " if has_labels else "", "dim"), *memory_bar(sample, shown.users, bar), (" ", "")]
    line.append((memory, style))
    if Part.HISTORY in place.parts:
        (row,) = history_rows(shown.history, history, 1)
        line += [("  use " if has_labels else " ", "dim"), (row, colour_of(shown.users))]
    line.append((f"{_numbers(sample, place.parts)}  ", ""))
    return [*line, *_shared_line(shown, place.width - line_width(line))]


def _bar_and_history(place: Place) -> tuple[int, int]:
    """Cells of both in one line: first what makes them useful, then the words, then what is left."""
    spare = max(0, place.width - _fixed_width(place, list(place.parts)) - place.words_width)
    has_history = Part.HISTORY in place.parts
    bar = min(spare, SHORT_BAR - LEAST_BAR)
    history = min(spare - bar, SHORT_HISTORY - LEAST_HISTORY) if has_history else 0
    left = max(0, spare - bar - history - (place.all_words - place.words_width))
    more = min(left // 2, MOST_HISTORY - SHORT_HISTORY) if has_history else 0
    return LEAST_BAR + bar + left - more, LEAST_HISTORY + history + more


def _numbers(sample: GpuSample, parts: frozenset[Part]) -> str:
    power = power_words(sample) if Part.POWER in parts else ""
    return load_words(sample) + power + (heat_words(sample) if Part.HEAT in parts else "")


def _shared_line(shown: Shown, width: int) -> Line:
    """Everything that is said of a device, in a row: shorter if there is no room, then the last are counted."""
    for detail in Detail:
        line = _spoken(shown, detail)
        if line_width(line) <= width:
            return line
    dropped = 0
    while len(line) > 2 and line_width(line) + (COUNT_WIDTH if dropped else 0) > width:
        line, dropped = line[:-2], dropped + 1
    return [*line, (f" +{dropped}", "dim")] if dropped else line


def _spoken(shown: Shown, detail: Detail) -> Line:
    line: Line = []
    for text, style in _shared_words(shown, detail):
        line += [*([(SEPARATOR, "dim")] if line else []), (text, style)]
    return line


def _shared_words(shown: Shown, detail: Detail) -> list[Span]:
    return [*((user.words(detail), user.style) for user in shown.users), *shown.words]


def _padded(line: Line, width: int) -> Line:
    return [*line, (" " * max(0, width - line_width(line)), "")]
