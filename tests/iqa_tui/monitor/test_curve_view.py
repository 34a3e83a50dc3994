"""How curves are drawn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.monitor.curve_view import SMOOTHINGS, CurveView, Signs, XAxis, YScale
from iqa_tui.settings.frozen_json import from_json, to_json
from iqa_tui.widgets.plots.series import Dots, Scale, XKind

VIEW = CurveView()


def test_smoothing_stays_within_its_steps() -> None:
    assert VIEW.smoother(1).weight == 0.9
    assert VIEW.smoother(-9).weight == SMOOTHINGS[0] == 0.0
    assert VIEW.smoother(99).smoother(1).weight == SMOOTHINGS[-1] == 0.99


def test_axes_scales_and_signs_go_round() -> None:
    assert [VIEW.x, VIEW.next_x().x, VIEW.next_x().next_x().x] == [XAxis.STEP, XAxis.EPOCH, XAxis.TIME]
    assert VIEW.next_x().next_x().next_x().next_x() == VIEW
    assert [VIEW.y, VIEW.next_y().y] == [YScale.AUTO, YScale.LINEAR]
    assert VIEW.next_y().next_y().next_y().next_y() == VIEW
    assert VIEW.next_signs().signs is Signs.HALF_BLOCKS
    assert VIEW.other_band().other_band() == VIEW


def test_the_widgets_know_every_axis_and_scale_by_the_same_name() -> None:
    assert {member.value for member in XAxis} == {member.value for member in XKind}
    assert {member.value for member in YScale} == {member.value for member in Scale}
    assert {member.value for member in Signs} <= {member.value for member in Dots}


def test_another_axis_shows_all_of_it() -> None:
    assert VIEW.zoomed(2).next_x().window == (0.0, 1.0)


def test_zooming_keeps_the_place_that_it_is_at() -> None:
    assert VIEW.zoomed(1).window == (0.25, 0.75)
    assert VIEW.zoomed(1, 0.0).window == (0.0, 0.5)
    assert VIEW.zoomed(1, 1.0).window == (0.5, 1.0)
    assert VIEW.crossed(1.0).zoomed(2).window == (0.75, 1.0)
    assert VIEW.zoomed(1, 0.5).zoomed(-1, 0.5).window == (0.0, 1.0)


@given(st.lists(st.tuples(st.sampled_from(["zoom", "move", "cross"]), st.floats(-9, 9)), max_size=30))
def test_the_window_never_leaves_the_axis(acts: list[tuple[str, float]]) -> None:
    view = VIEW.crossed(0.5)
    for act, amount in acts:
        if act == "zoom":
            view = view.zoomed(round(amount), 0.3)
        elif act == "move":
            view = view.moved(amount)
        else:
            view = view.cross_moved(amount)
        first, last = view.window
        assert 0.0 <= first < last <= 1.0
        assert view.cross is not None
        assert 0.0 <= view.cross <= 1.0


def test_the_window_moves_by_a_part_of_its_width_and_the_crosshair_takes_it_along() -> None:
    zoomed = VIEW.zoomed(1)
    assert zoomed.moved(0.25).window == (0.375, 0.875)
    assert zoomed.moved(9).window == (0.5, 1.0)
    assert zoomed.moved(9).whole() == VIEW
    at_edge = zoomed.crossed(1.0).cross_moved(0.1)
    assert at_edge.cross == 1.0
    assert at_edge.window == (pytest.approx(0.3), pytest.approx(0.8))
    assert VIEW.cross_moved(0.1) == VIEW


def test_the_words_say_how_the_curves_are_drawn() -> None:
    assert VIEW.words == "smoothed 0.6 · over steps"
    assert CurveView(x=XAxis.CLOCK, y=YScale.LOG, smoothing=0).zoomed(1).words == "over the clock · log · 25–75%"


def test_other_metrics_begin_on_the_first_page() -> None:
    assert VIEW.paged(2).with_metrics(("lr",)) == CurveView(metrics=("lr",))


def test_what_is_remembered_can_be_read_again_without_where_the_user_looked() -> None:
    view = CurveView(("lr", "loss"), x=XAxis.CLOCK, y=YScale.ROBUST, smoothing=3, signs=Signs.HALF_BLOCKS)
    looking = view.zoomed(2).crossed(0.5).paged(1)
    assert from_json(to_json(looking.lasting()), CurveView()) == view
