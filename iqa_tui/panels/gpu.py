"""The devices: memory, utilisation of two minutes, power, temperature, and every process; without a GPU the host."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from iqa_tui.panels.gpu_lines import Form, Shown, lines_of, words_fit
from iqa_tui.panels.gpu_numbers import host_lines, short_name, slurm_lines
from iqa_tui.panels.gpu_users import RunOnGpu, users_of
from iqa_tui.widgets.canvas import Canvas, Line, Span, line_width, wrapped
from iqa_tui.words.durations import duration_words

if TYPE_CHECKING:  # the drivers behind it are loaded by the thread that asks them
    from iqa_tui.devices.device import DeviceState
    from iqa_tui.devices.survey import Survey
    from iqa_tui.messages import HostLoad

OLD_SECONDS = 10.0
"""A survey older than this is shown with its age: the driver does not answer."""
MOST_HISTORY_ROWS = 3
MOST_SLURM_LINES = 4
NO_SLURM: tuple[Sequence[str], Sequence[float | None]] = ((), ())
GUTTER = 2
LEAST_COLUMN = 34
"""Cells of a device that shares its line with another one."""


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
        self._shown: list[Shown] = []
        self._slurm: Sequence[str] = ()
        self._slurm_shares: Sequence[float | None] = ()

    def show(
        self,
        survey: Survey,
        host: HostLoad | None,
        utilisation: Mapping[str, tuple[float | None, ...]],
        runs: Mapping[str, RunOnGpu],
        now: float,
        slurm: tuple[Sequence[str], Sequence[float | None]] = NO_SLURM,
    ) -> None:
        """Args:
        utilisation: device key to its latest percentages.
        runs: those of this folder that are alive, by their ids.
        now: Unix seconds, for ages: of processes, and of the GPUs while their driver does not answer.
        slurm: what its partitions have, a word group each, and which share of it is taken; empty without Slurm.
        """
        self._survey, self._host, self._now = survey, host, now
        self._slurm, self._slurm_shares = slurm
        self._shown = [_shown(state, utilisation.get(state.device.key, ()), runs, now) for state in survey.devices]
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
        names = self._names if self._has_gpu and len(self._names) == 1 else set()
        count = f"{self._gpu_count} × {min(names)}" if names else ""
        parts = (kind, count, f"last seen {duration_words(age)} ago" if age > OLD_SECONDS else "")
        note = survey.note if self._compact and survey.devices else ""
        self.set_title(" · ".join(part for part in (*parts, note) if part))

    @property
    def _names(self) -> set[str]:
        return {short_name(each.state.sample.name) for each in self._shown if each.state.sample is not None}

    @property
    def _gpu_count(self) -> int:
        return sum(each.state.device.kind == "gpu" for each in self._shown)

    @property
    def _has_gpu(self) -> bool:
        return self._gpu_count > 0

    def lines_wanted(self, width: int, most: int) -> int:
        """Lines that everything takes at this width: in words that are not cut, or, in the compact form, in at most so
        many lines if that can be.
        """
        if not self._compact:
            return len(self._all_lines(width, Form.FULL))
        return next((len(lines) for lines in self._ways(width) if len(lines) <= most), most)

    def draw(self, width: int, height: int) -> list[Line]:
        """In the roomiest form that fits; if none does, the last line counts what is left out."""
        if self._survey is None:
            return [[("looking for devices …", "dim")]]
        for lines in self._ways(width):
            if len(lines) <= height:
                return lines
        return self._some_lines(width, height)

    def _ways(self, width: int) -> Iterator[list[Line]]:
        """To show everything, the roomiest first."""
        if not self._compact:
            for rows in range(MOST_HISTORY_ROWS, 0, -1):
                yield self._all_lines(width, Form.FULL, rows, is_airy=True)
                yield self._all_lines(width, Form.FULL, rows)
            yield self._all_lines(width, Form.WORDS)
            yield self._all_lines(width, Form.TWO_LINES)
        yield self._all_lines(width, Form.LINE)
        if column := self._column(width):
            yield _in_two_columns(self._device_lines(self._shown, column, Form.LINE), column)

    def _column(self, width: int) -> int:
        """Cells of a device that shares its line with another one; 0 if its words need the whole line."""
        column = (width - GUTTER) // 2
        return column if self._has_gpu and column >= LEAST_COLUMN and words_fit(self._shown, column) else 0

    def _some_lines(self, width: int, height: int) -> list[Line]:
        column = self._column(width)
        count = (height - 1) * (2 if column else 1)
        lines = self._device_lines(self._shown[:count], column or width, Form.LINE)
        hidden = self._shown[count:]
        free = sum(each.state.free for each in hidden)
        last: Line = [(f"{len(hidden)} more, {free} of them free: 1 lists them all", "dim")]
        return [*(_in_two_columns(lines, column) if column else lines), *([last] if hidden else [])]

    def _all_lines(self, width: int, form: Form, rows: int = 1, *, is_airy: bool = False) -> list[Line]:
        """Args:
        rows: lines of a history.
        is_airy: with a blank line between two devices.
        """
        if self._survey is None:
            return [[]]
        lines = self._device_lines(self._shown, width, form, rows, is_airy=is_airy)
        if self._host is not None and not self._has_gpu:
            lines += host_lines(self._host, width, compact=self._compact)
        lines += slurm_lines(self._slurm, self._slurm_shares, width, 1 if self._compact else MOST_SLURM_LINES)
        if self._compact and self._shown:  # then the title says it
            return lines
        return lines + [[(text, "dim")] for text in wrapped(self._survey.note, width)]

    def _device_lines(
        self, shown: Sequence[Shown], width: int, form: Form, rows: int = 1, *, is_airy: bool = False
    ) -> list[Line]:
        lines: list[Line] = []
        for each in lines_of(shown, width, form, rows):
            lines += [[]] if is_airy and lines else []
            lines += each
        return lines


def _in_two_columns(lines: list[Line], width: int) -> list[Line]:
    """The second half beside the first."""
    half = (len(lines) + 1) // 2
    right = [*lines[half:], *([[]] * (2 * half - len(lines)))]
    gaps = [" " * (width - line_width(line) + GUTTER) for line in lines[:half]]
    return [[*line, (gap, ""), *beside] for line, gap, beside in zip(lines[:half], gaps, right, strict=True)]


def _shown(state: DeviceState, history: tuple[float | None, ...], runs: Mapping[str, RunOnGpu], now: float) -> Shown:
    users = tuple(users_of(state, runs, now))
    words: list[Span] = []
    if state.holders and state.withdrawn:
        words.append(("gets no more runs", "warning"))
    elif not users or state.withdrawn or not state.allowed or (state.sample is not None and state.sample.problem):
        words.append((state.reason or "free", "good" if state.free else "warning"))
    return Shown(state, history, users, tuple(words))
