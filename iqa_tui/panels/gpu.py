"""The devices: memory, utilisation with its history, temperature, holders; without a GPU the host itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from rich.cells import cell_len

from iqa_tui.messages import HostLoad
from iqa_tui.widgets.canvas import Canvas, Line, Span, fit, line_width, wrapped
from iqa_tui.widgets.meter import meter, sparkline
from iqa_tui.words.durations import duration_words

if TYPE_CHECKING:  # the drivers behind it are loaded by the thread that asks them
    from iqa_tui.devices.device import DeviceState
    from iqa_tui.devices.survey import Survey

GIB = float(1 << 30)
OLD_SECONDS = 10.0
"""A survey older than this is shown with its age: the driver does not answer."""
HISTORY_WIDTH, LEAST_HISTORY = 20, 8
NAME_WIDTH = 8
MOST_TRIMMING = 2
SIZE_OR_FORM = re.compile(r"\d+\s?GB|HBM\d\w*|PCIe?|SXM\d*|SXM\d?-\w+", re.IGNORECASE)
BRANDS = ("NVIDIA", "GeForce", "Tesla", "Quadro")


class Form(Enum):
    """How much room a GPU gets."""

    WORDS = "two lines or more, its words whole"
    TWO_LINES = "two lines"
    LINE = "one line"


@dataclass(frozen=True, slots=True)
class Place:
    """The room that the lines of a device have; the same for every device, as numbers keep their columns."""

    width: int
    """Cells."""
    form: Form
    number_width: int = 1
    """Of the longest number that stands above or below: `0`, or `2:1` for a MIG instance."""
    trimming: int = 0
    """In one line, how much is left out for the words: 1 the bar, 2 the temperature too."""


class GpuPanel(Canvas):
    """Draws what `show` was given last."""

    def __init__(self) -> None:
        super().__init__(id="gpus", classes="panel")
        self.border_title = "Devices"
        self._compact = False
        """One line a device."""
        self._now = 0.0
        self._survey: Survey | None = None
        self._host: HostLoad | None = None
        self._utilisation: Mapping[str, tuple[float | None, ...]] = {}
        self._names: Mapping[str, str] = {}

    def show(
        self,
        survey: Survey,
        host: HostLoad | None,
        utilisation: Mapping[str, tuple[float | None, ...]],
        names: Mapping[str, str],
        now: float,
    ) -> None:
        """Args:
        utilisation: device key to its latest percentages.
        names: run id to what the run is called.
        now: Unix seconds, for the age of what is shown: of the GPUs, while their driver does not answer.
        """
        self._survey, self._host, self._utilisation, self._names, self._now = survey, host, utilisation, names, now
        self._show_title(survey)
        self.redraw()

    def set_compact(self, compact: bool) -> None:
        """Take one line a device, or more."""
        if compact != self._compact:
            self._compact = compact
            if self._survey is not None:
                self._show_title(self._survey)
            self.redraw()

    def _show_title(self, survey: Survey) -> None:
        kind = "GPUs" if self._has_gpu or survey.is_blind else "CPU"
        age = self._now - (survey.taken_at if survey.sampled_at is None else survey.sampled_at)
        parts = (kind, f"last seen {duration_words(age)} ago" if age > OLD_SECONDS else "")
        note = survey.note if self._compact and survey.devices else ""
        self.set_title(" · ".join(part for part in (*parts, note) if part))

    def lines_wanted(self, width: int) -> int:
        """Lines that everything takes at this width, in words that are not cut."""
        return len(self._all_lines(width, self._forms[0]))

    def draw(self, width: int, height: int) -> list[Line]:
        """In the roomiest form that fits; if none does, the last line counts what is left out."""
        if self._survey is None:
            return [[("looking for devices …", "dim")]]
        for form in self._forms:
            lines = self._all_lines(width, form)
            if len(lines) <= height:
                return lines
        hidden = self._survey.devices[height - 1 :]
        free = sum(state.free for state in hidden)
        return [*lines[: height - 1], [(f"{len(hidden)} more, {free} of them free: 1 lists them all", "dim")]]

    @property
    def _forms(self) -> tuple[Form, ...]:
        return (Form.LINE,) if self._compact else (Form.WORDS, Form.TWO_LINES, Form.LINE)

    def _all_lines(self, width: int, form: Form) -> list[Line]:
        if self._survey is None:
            return [[]]
        lines = []
        states = self._survey.devices
        number_width = max((len(_number(state)) for state in states if state.sample is not None), default=1)
        said = {state.device.key: self._holder_words(state) for state in states}
        place = Place(width, form, number_width, _trimming(states, said, width, number_width))
        for state in states:
            lines += device_lines(state, self._utilisation.get(state.device.key, ()), said[state.device.key], place)
        if self._host is not None and not self._has_gpu:
            lines += host_lines(self._host, width, compact=self._compact)
        if self._compact and states:  # then the title says it
            return lines
        return lines + [[(text, "dim")] for text in wrapped(self._survey.note, width)]

    @property
    def _has_gpu(self) -> bool:
        return self._survey is not None and any(state.device.kind == "gpu" for state in self._survey.devices)

    def _holder_words(self, state: DeviceState) -> Span:
        names = [self._names.get(holder.run_id, holder.words) for holder in state.holders]
        if len(names) > 1:  # the experiment's id alone of each: all of them must fit
            names = [name.partition(" ")[0] for name in names]
        if names and state.withdrawn:
            return f"{' · '.join(names)}; gets no more runs", "warning"
        if names:
            return " · ".join(names), "accent"
        return (state.reason or "free", "good") if state.free else (state.reason, "warning")


def device_lines(state: DeviceState, history: tuple[float | None, ...], holder: Span, place: Place) -> list[Line]:
    """A GPU in this form; one line for a CPU slot."""
    if state.sample is None:
        return [[(f"{state.device.label:<7}", "strong"), holder]]
    width, form, trimming = place.width, place.form, place.trimming
    numbers, bar, load, heat = _numbers(state, place.number_width)
    words = holder[0].removeprefix("held by ")
    if form is Form.LINE:
        shown = [*numbers, *([bar(10)] if trimming < 1 else []), load, *([heat] if trimming < MOST_TRIMMING else [])]
        return [[*shown, ("  ", ""), (words, holder[1])]]
    first: Line = [*numbers, bar(max(4, width - line_width(numbers) - 11)), load, heat]
    *before, last = (wrapped(words, width - 2) if form is Form.WORDS else []) or [words]
    history_width = max(LEAST_HISTORY, min(HISTORY_WIDTH, width - 3 - cell_len(last)))
    below: list[Line] = [[("  ", ""), (text, holder[1])] for text in before]
    room = width - 3 - history_width
    if cell_len(last) > room:  # words are worth more than the history
        return [first, *below, [("  ", ""), (last, holder[1])]]
    padded = fit(last, max(1, room))
    return [first, *below, [("  ", ""), (padded, holder[1]), (" ", ""), (sparkline(history, history_width), "accent")]]


def _numbers(state: DeviceState, number_width: int) -> tuple[Line, Callable[[int], Span], Span, Span]:
    """Number, name and memory; the bar of the memory, for its width; utilisation; temperature."""
    sample = state.sample
    assert sample is not None
    used, total = sample.memory_used_bytes, sample.memory_total_bytes
    memory = fit(f"{_gib(used)}/{_gib(total, 0)} GiB", 12, "right")
    load = fit("?" if sample.utilisation_percent is None else f"{sample.utilisation_percent}%", 4, "right")
    heat = fit("" if sample.temperature_celsius is None else f"{sample.temperature_celsius}°C", 5, "right")
    fraction = used / total if used is not None and total else None
    name = fit(short_name(sample.name), NAME_WIDTH)
    numbers: Line = [(f"{_number(state):<{number_width}} ", "strong"), (f"{name} {memory} ", "")]
    return numbers, lambda size: (meter(fraction, size), _heat(fraction)), (f" {load}", ""), (f" {heat}", "")


def _trimming(states: Sequence[DeviceState], said: Mapping[str, Span], width: int, number_width: int) -> int:
    """How much every line leaves out so that the longest words fit, if they can. The same for all lines: their numbers
    stand below each other.
    """
    for trimming in range(MOST_TRIMMING):
        place = Place(width, Form.LINE, number_width, trimming)
        lines = [device_lines(each, (), said[each.device.key], place) for each in states]
        if all(line_width(line) <= width for each in lines for line in each):
            return trimming
    return MOST_TRIMMING


def _number(state: DeviceState) -> str:
    return state.device.label.rpartition(" ")[2]


def host_lines(host: HostLoad, width: int, *, compact: bool) -> list[Line]:
    """Processor and memory of the machine."""
    used, total = host.memory_used_bytes, host.memory_total_bytes
    fraction = used / total if total else None
    processor: Line = [("host   ", "strong"), (fit(f"{host.cores} cores", 15), "")]
    memory: Line = [("memory ", "strong"), (fit(f"{_gib(used)}/{_gib(total)} GiB", 15), "")]
    bar = 10 if compact else max(4, width - 28)
    processor += [(meter(host.cpu_percent / 100, bar), "accent"), (fit(f"{host.cpu_percent:.0f}%", 5, "right"), "")]
    memory += [(meter(fraction, bar), _heat(fraction)), (fit(f"{100 * (fraction or 0):.0f}%", 5, "right"), "")]
    return [[*processor, ("  ", ""), *memory]] if compact else [processor, memory]


def _gib(size: int | None, decimals: int = 1) -> str:
    return "?" if size is None else f"{size / GIB:.{decimals}f}"


def short_name(name: str) -> str:
    """`H100` for `NVIDIA H100 80GB HBM3`: the brand is the same for all, and the memory stands beside it."""
    words = [word for word in name.split() if word not in BRANDS and not SIZE_OR_FORM.fullmatch(word)]
    return " ".join(words) or name


def _heat(fraction: float | None) -> str:
    if fraction is None:
        return "dim"
    return "bad" if fraction > 0.95 else "warning" if fraction > 0.8 else "good"
