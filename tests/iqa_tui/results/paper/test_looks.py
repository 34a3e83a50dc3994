from __future__ import annotations

import colorsys
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.monitor.colours import COLOURS
from iqa_tui.results.paper.looks import DASHES, MARKERS, ON_DARK, ON_LIGHT, look_of
from iqa_tui.widgets.palette import SERIES_ON_DARK, SERIES_ON_LIGHT
from tests.fakes.papers import made_content


def hue(colour: str) -> float:
    """In degrees."""
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return 360 * colorsys.rgb_to_hls(red, green, blue)[0]


@pytest.mark.parametrize(("ours", "apps"), [(ON_LIGHT, SERIES_ON_LIGHT), (ON_DARK, SERIES_ON_DARK)])
def test_a_row_has_the_hue_that_the_app_gives_it(ours: tuple[str, ...], apps: tuple[str, ...]) -> None:
    assert len(ours) == len(apps) == COLOURS
    assert all(abs(hue(one) - hue(other)) < 15 for one, other in zip(ours, apps, strict=True))
    assert len(set(ours)) == COLOURS


def test_rows_differ_in_marker_and_dash_too_so_that_grey_paper_tells_them_apart() -> None:
    assert len(set(MARKERS)) == len(set(DASHES)) == COLOURS


def test_the_eighth_row_has_the_first_one_s_colour_and_another_marker(tmp_path: Path) -> None:
    content = made_content(tmp_path, srccs={"F2": [0.9]}, seeds=(1,))
    (row,) = (row for row in content.rows if row.runs)
    first, eighth = (look_of(replace(row, look=0, place=place)) for place in (0, 7))
    assert first.colour == eighth.colour
    assert first.marker != eighth.marker
    assert first.dash != eighth.dash


def test_the_colour_is_the_place_in_the_plan_and_a_long_name_is_cut(tmp_path: Path) -> None:
    content = made_content(tmp_path, srccs={"F2": [0.9], "F5": [0.9]}, seeds=(1,))
    looks = {row.id: look_of(row) for row in content.rows if row.runs}
    assert {row: look.colour for row, look in looks.items()} == {"F2": 1, "F5": 4}
    assert all(len(look.name) <= 24 for look in looks.values())
