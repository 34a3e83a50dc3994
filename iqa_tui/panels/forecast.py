"""A forecast as a small Gantt chart: a row a device, a bar a run in the run's colour, hours below."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.cells import cell_len

from iqa_tui.plans.timeline import Bar, DeviceRow, Timeline
from iqa_tui.widgets.canvas import Canvas, Line, clip, line_width, wrapped
from iqa_tui.widgets.palette import series_sign, series_style
from iqa_tui.words.durations import duration_words

SECONDS_PER_HOUR = 3600.0
MINUTE = 1 / 60
STEPS = (MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0, 120.0, 240.0)
"""Hours between two marks of the axis."""
LEAST_BETWEEN_MARKS = 12
"""Cells."""
END_WIDTH = 7
"""Cells behind the bars for when the last one ends."""
LEAST_ROOM = 10
FULL, THERE = "▇", "▃"
MOST_DAYS = 7


class ForecastPanel(Canvas):
    """Draws what `show` was given last."""

    def __init__(self, *, has_signs: bool = False) -> None:
        """Args:
        has_signs: bars are of the signs of the curves, as there are no colours, or no signs but ASCII.
        """
        super().__init__(id="forecast", classes="panel")
        self._has_signs = has_signs
        self._timeline = Timeline()
        self.border_title = "Forecast"

    def show(self, timeline: Timeline, strategy: str, words: str, now: float) -> None:
        """Args:
        strategy: of the launch, as the user reads it.
        words: what is free when and what is not counted; empty if there is nothing to say.
        now: unix seconds.
        """
        self._timeline = timeline
        self.set_title(f"Forecast · {strategy} · {done_words(timeline, now)}")
        self.set_subtitle(words)
        self.redraw()

    @property
    def lines_wanted(self) -> int:
        """Lines of the whole chart with its axis."""
        return max(1, len(self._timeline.rows)) + 1

    def draw(self, width: int, height: int) -> list[Line]:
        return gantt_lines(self._timeline, width, height, has_signs=self._has_signs)


def done_words(timeline: Timeline, now: float) -> str:
    """`all done in 2.0 h, at 16:40`."""
    if timeline.words:
        return timeline.words
    if not timeline.total_hours:
        return "its hours are not known" if timeline.rows else "no device is counted"
    length = duration_words(timeline.total_hours * SECONDS_PER_HOUR)
    if timeline.begins_later:
        return f"all done {length} after a device is free"
    return f"all done in {length}, {_clock(now + timeline.total_hours * SECONDS_PER_HOUR, now)}"


def gantt_lines(timeline: Timeline, width: int, height: int, *, has_signs: bool = False) -> list[Line]:
    """The devices, as many as there is room for, and the hours below them."""
    rows, more = _rows_with_room(timeline.rows, max(1, height - 1))
    if not rows:
        if timeline.words:
            told = ["Slurm gives the devices and says when each job starts", timeline.starts]
            return [[(line, "dim")] for text in told if text for line in wrapped(text, width)][:height]
        return [clip([("no device is ticked, or they are not looked up yet", "dim")], width)]
    left = f"+{more} more" if more else ""
    label_width = max(cell_len(label) for label in (left, *(row.label for row in rows))) + 2
    room = max(LEAST_ROOM, width - label_width - END_WIDTH)
    hours = max((bar.end_hours for row in timeline.rows for bar in row.bars), default=0.0)
    lines: list[Line] = [
        [(f"{row.label:<{label_width}}", "strong"), *_row(row, hours, room, has_signs=has_signs)] for row in rows
    ]
    below = _axis(hours, room, begins_later=timeline.begins_later) if hours else ""
    if left or below:
        lines.append([(f"{left:<{label_width}}{below}", "dim")])
    return [clip(line, width) for line in lines[:height]]


def _rows_with_room(rows: Sequence[DeviceRow], room: int) -> tuple[list[DeviceRow], int]:
    """Those that get runs first, if not all can be shown; and how many are left out."""
    if len(rows) <= room:
        return list(rows), 0
    kept = sorted(range(len(rows)), key=lambda place: (not any(bar.is_new for bar in rows[place].bars), place))
    return [rows[place] for place in sorted(kept[:room])], len(rows) - room


def _row(row: DeviceRow, hours: float, room: int, *, has_signs: bool) -> Line:
    if not row.bars:
        return [(row.words or "free, gets none of these runs", "dim")]
    line: Line = []
    for bar in row.bars:
        first, after = _cells(bar, hours, room, line_width(line))
        line.append((" " * (first - line_width(line)), ""))
        line += _bar(bar, after - first, has_signs=has_signs)
    end = duration_words(row.bars[-1].end_hours * SECONDS_PER_HOUR)
    return [*line, (f" {end}", "dim")]


def _cells(bar: Bar, hours: float, room: int, used: int) -> tuple[int, int]:
    """First cell, and that after the last one; a bar behind many short ones may be empty."""
    first = max(used, round(bar.start_hours / hours * room))
    return min(first, room), min(room, max(first + 1, round(bar.end_hours / hours * room)))


def _bar(bar: Bar, cells: int, *, has_signs: bool) -> Line:
    """The name, if it fits, and the colour; what is there already is drawn thinner."""
    if cells < 1:
        return []
    style = series_style(bar.look)
    full = FULL if bar.is_new else THERE
    if has_signs:
        full = series_sign(bar.look) if bar.is_new else "-"
    if cells == 1:
        return [(full, style)]
    name = f"{bar.name} "
    if cell_len(name) > cells:
        name = bar.name if cell_len(bar.name) < cells else ""
    return [(name, f"{style} strong"), (full * (cells - cell_len(name) - 1) + " ", style)]


def _axis(hours: float, room: int, *, begins_later: bool) -> str:
    """`now────────┴1 h───────┴2 h────`."""
    most_marks = max(1, room // LEAST_BETWEEN_MARKS)
    step = next((each for each in STEPS if hours / each <= most_marks), hours)
    line = list("─" * room)
    _write(line, 0, "once free" if begins_later else "now")
    for number in range(1, int(hours / step + 1e-9) + 1):
        place = round(number * step / hours * room)
        words = f"┴{_mark_words(number * step)}"
        if place + len(words) <= room + END_WIDTH:
            line += " " * max(0, place + len(words) - len(line))
            _write(line, place, words)
    return "".join(line)


def _write(line: list[str], place: int, words: str) -> None:
    line[place : place + len(words)] = words


def _mark_words(hours: float) -> str:
    """`30 min`, `2 h`, `1.5 h`."""
    return f"{hours * 60:.0f} min" if hours < 1 else f"{hours:g} h"


def _clock(at: float, now: float) -> str:
    """`at 16:40`, `on Tue at 16:40`, `on 3 Dec`."""
    then, today = time.localtime(at), time.localtime(now)
    if at - now > MOST_DAYS * 24 * SECONDS_PER_HOUR:
        return f"on {then.tm_mday} {time.strftime('%b', then)}"
    day = "" if (then.tm_year, then.tm_yday) == (today.tm_year, today.tm_yday) else time.strftime("on %a ", then)
    return f"{day}at {time.strftime('%H:%M', then)}"
