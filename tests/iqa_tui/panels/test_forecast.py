"""The forecast as a chart."""

from __future__ import annotations

import time

import pytest

from iqa_tui.panels.forecast import done_words, gantt_lines
from iqa_tui.plans.timeline import Bar, DeviceRow, Timeline
from iqa_tui.widgets.canvas import Line, line_width

TWO = Timeline(
    (
        DeviceRow("GPU 0", (Bar("F2", 1, 0.0, 2.0), Bar("F4", 3, 2.0, 4.0))),
        DeviceRow("GPU 1", (Bar("F1", 0, 0.0, 1.0, is_new=False), Bar("F3", 2, 1.0, 3.0))),
        DeviceRow("GPU 2", (), "held by ann"),
    ),
    4.0,
)


def text(line: Line) -> str:
    return "".join(words for words, _ in line)


def test_a_bar_stands_on_its_device_from_its_start_to_its_end_and_has_its_name() -> None:
    lines = [text(line) for line in gantt_lines(TWO, 54, 10)]
    assert lines == [
        "GPU 0  F2 ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇ F4 ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  4.0 h",
        "GPU 1  F1 ▃▃▃▃▃▃ F3 ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇  3.0 h",
        "GPU 2  held by ann",
        "       now─────────────────┴2 h────────────────┴4 h",
    ]


def test_a_bar_has_the_colour_of_its_run() -> None:
    styles = {style.split()[0] for words, style in gantt_lines(TWO, 54, 10)[1] if "▇" in words or "▃" in words}
    assert styles == {"series-0", "series-2"}


def test_in_ascii_the_signs_of_the_curves_do_the_work_of_the_colours() -> None:
    lines = [text(line) for line in gantt_lines(TWO, 54, 10, has_signs=True)]
    assert lines[0].startswith("GPU 0  F2 oooo")
    assert "F4 xxxx" in lines[0]
    assert lines[1].startswith("GPU 1  F1 ----")


def test_without_room_for_all_devices_those_that_get_runs_are_shown_and_the_others_counted() -> None:
    idle = DeviceRow("GPU 9", (), "held by ann")
    lines = [text(line) for line in gantt_lines(Timeline((idle, idle, *TWO.rows), 4.0), 60, 3)]
    assert [line[:5] for line in lines[:2]] == ["GPU 0", "GPU 1"]
    assert lines[2].startswith("+3 more  now───")


@pytest.mark.parametrize("width", [5, 20, 46, 80, 200])
@pytest.mark.parametrize("height", [1, 2, 6])
def test_hundreds_of_runs_fit_into_any_room(width: int, height: int) -> None:
    bars = tuple(Bar(f"F{number}·s1", number, number, number + 1.0) for number in range(300))
    lines = gantt_lines(Timeline((DeviceRow("GPU 0", bars),), 300.0), width, height)
    assert len(lines) <= height
    assert all(line_width(line) <= width for line in lines)


def test_marks_of_the_axis_are_whole_hours_or_minutes_that_do_not_touch() -> None:
    short = Timeline((DeviceRow("GPU 0", (Bar("F1", 0, 0.0, 0.05),)),), 0.05)
    assert "┴1 min" in text(gantt_lines(short, 100, 3)[-1])
    long = Timeline((DeviceRow("GPU 0", (Bar("F1", 0, 0.0, 90.0),)),), 90.0)
    assert text(gantt_lines(long, 60, 3)[-1]).split("┴")[1:] == ["48 h────────────────"]


def test_the_title_says_when_all_is_done() -> None:
    noon = time.mktime((2026, 11, 23, 12, 0, 0, 0, 0, -1))
    assert done_words(TWO, noon) == "all done in 4.0 h, at 16:00"
    assert done_words(Timeline(TWO.rows, 20.0), noon) == "all done in 20 h, on Tue at 08:00"
    assert done_words(Timeline(TWO.rows, 240.0), noon) == "all done in 10 d, on 3 Dec"
    assert done_words(Timeline(TWO.rows, 4.0, begins_later=True), noon) == "all done 4.0 h after a device is free"
    assert done_words(Timeline(), noon) == "no device is counted"
