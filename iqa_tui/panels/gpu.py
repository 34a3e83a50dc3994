"""The devices: memory, utilisation with its history, temperature, who holds them; without a GPU the host itself."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from iqa_tui.messages import HostLoad
from iqa_tui.monitor.pace import duration_words
from iqa_tui.widgets.canvas import Canvas, Line, Span, fit, line_width
from iqa_tui.widgets.meter import meter, sparkline

if TYPE_CHECKING:  # the drivers behind it are loaded by the thread that asks them
    from iqa_tui.launch.devices import DeviceState, Survey

GIB = float(1 << 30)
OLD_SECONDS = 10.0
"""A survey older than this says so: the driver does not answer."""
HISTORY_WIDTH, LEAST_HISTORY = 20, 8
NAME_WIDTH = 8
SIZE_OR_FORM = re.compile(r"\d+\s?GB|HBM\d\w*|PCIe?|SXM\d*|SXM\d?-\w+", re.IGNORECASE)
BRANDS = ("NVIDIA", "GeForce", "Tesla", "Quadro")


class GpuPanel(Canvas):
    """Draws what `show` was given last."""

    def __init__(self) -> None:
        super().__init__(id="gpus", classes="panel")
        self.border_title = "Devices"
        self.compact = False
        """One line a device."""
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
        self._survey, self._host, self._utilisation, self._names = survey, host, utilisation, names
        kind = "GPUs" if self._has_gpu or survey.is_blind else "CPU"
        note = f" · {survey.note}" if self.compact and survey.note else ""
        age = now - (survey.taken_at if survey.sampled_at is None else survey.sampled_at)
        self.set_title(f"{kind} · last seen {duration_words(age)} ago" if age > OLD_SECONDS else f"{kind}{note}")
        self.redraw()

    def lines_wanted(self, width: int) -> int:
        """Lines that everything takes at this width."""
        return len(self._all_lines(width))

    def draw(self, width: int, height: int) -> list[Line]:
        if self._survey is None:
            return [[("looking for devices …", "dim")]]
        return self._all_lines(width)[:height]

    def _all_lines(self, width: int) -> list[Line]:
        if self._survey is None:
            return [[]]
        lines = []
        gpus = [state for state in self._survey.devices if state.sample is not None]
        number_width = max((len(_number(state)) for state in gpus), default=1)
        for state in self._survey.devices:
            history, words = self._utilisation.get(state.device.key, ()), self._holder_words(state)
            lines += device_lines(state, history, words, width, compact=self.compact, number_width=number_width)
        if self._host is not None and not self._has_gpu:
            lines += host_lines(self._host, width, compact=self.compact)
        if self.compact:
            return lines
        return lines + [[(text, "dim")] for text in textwrap.wrap(self._survey.note, max(10, width))]

    @property
    def _has_gpu(self) -> bool:
        return self._survey is not None and any(state.device.kind == "gpu" for state in self._survey.devices)

    def _holder_words(self, state: DeviceState) -> Span:
        names = [self._names.get(holder.run_id, holder.words) for holder in state.holders]
        if len(names) > 1:  # the experiment's id alone of each: all of them must fit
            names = [name.partition(" ")[0] for name in names]
        if names:
            return " · ".join(names), "accent"
        return (state.reason or "free", "good") if state.free else (state.reason, "warning")


def device_lines(
    state: DeviceState,
    history: tuple[float | None, ...],
    holder: Span,
    width: int,
    *,
    compact: bool,
    number_width: int = 1,
) -> list[Line]:
    """Two lines a GPU, or one where every line counts; one for a CPU slot.

    Args:
        number_width: of the longest number that stands above or below: `0`, or `2:1` for a MIG instance.
    """
    sample = state.sample
    if sample is None:
        return [[(f"{state.device.label:<7}", "strong"), holder]]
    used, total = sample.memory_used_bytes, sample.memory_total_bytes
    memory = fit(f"{_gib(used)}/{_gib(total, 0)} GiB", 12, "right")
    load = fit("?" if sample.utilisation_percent is None else f"{sample.utilisation_percent}%", 4, "right")
    heat = fit("" if sample.temperature_celsius is None else f"{sample.temperature_celsius}°C", 5, "right")
    fraction = used / total if used is not None and total else None
    name = fit(short_name(sample.name), NAME_WIDTH)
    line: Line = [(f"{_number(state):<{number_width}} ", "strong"), (f"{name} {memory} ", "")]
    if compact:
        return [[*line, (meter(fraction, 10), _heat(fraction)), (f" {load} {heat}  ", ""), holder]]
    bar = meter(fraction, max(4, width - line_width(line) - 11))
    words = holder[0].removeprefix("held by ")
    history_width = max(LEAST_HISTORY, min(HISTORY_WIDTH, width - 3 - len(words)))
    below: Line = [("  ", ""), (fit(words, max(1, width - 3 - history_width)), holder[1]), (" ", "")]
    return [
        [*line, (bar, _heat(fraction)), (f" {load} {heat}", "")],
        [*below, (sparkline(history, history_width), "accent")],
    ]


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
    """`H100` for `NVIDIA H100 80GB HBM3`: what is said beside it, or the same of all, is left out."""
    words = [word for word in name.split() if word not in BRANDS and not SIZE_OR_FORM.fullmatch(word)]
    return " ".join(words) or name


def _heat(fraction: float | None) -> str:
    if fraction is None:
        return "dim"
    return "bad" if fraction > 0.95 else "warning" if fraction > 0.8 else "good"
