"""What a table says of its rows and of their differences, in cases with known answers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from iqa_tui.results.intervals.scores import RowScores
from iqa_tui.results.intervals.student import half_width
from tests.fakes.scored import METRICS, Scored, measured, with_all


def test_a_clear_winner_is_shown_and_a_tie_is_not() -> None:
    scored = Scored()
    table = measured(
        scored.row("F1", [0.80, 0.81, 0.80]), scored.row("F2", [0.95, 0.95, 0.96]), scored.row("F3", [0.80, 0.80, 0.81])
    )
    winner, tie = table.differences("F1", "srcc")
    assert winner.p_holm is not None
    assert tie.p_holm is not None
    assert winner.p is not None
    assert winner.p_holm < 0.05 < tie.p_holm
    assert winner.p < winner.p_holm
    assert winner.low is not None
    assert winner.low > 0
    assert winner.value is not None
    assert winner.min_detectable is not None
    assert winner.min_detectable < winner.value
    assert (winner.seeds, winner.images, winner.note) == ((1, 2, 3), 200, "")
    assert table.best("srcc") == "F2"
    assert [each.id for each in table.against_best("srcc")] == ["F1", "F3"]
    assert all(each.value is not None and each.value < 0 for each in table.against_best("srcc"))


def test_both_parts_of_the_noise_make_the_interval() -> None:
    table = measured(Scored().row("F1", [0.80, 0.84, 0.82]))
    for metric in METRICS[:4]:
        found = table.estimate("F1", metric)
        values = np.array([run.values[metric] for run in table.runs["F1"]])
        assert found.value == pytest.approx(values.mean())
        assert found.se_seeds == pytest.approx(values.std(ddof=1) / math.sqrt(3))
        assert found.se_images is not None
        assert found.se == pytest.approx(math.hypot(found.se_images, found.se_seeds))
        assert found.df == pytest.approx(found.se**4 / (found.se_images**4 / 199 + found.se_seeds**4 / 2))
        half = half_width(0.95, found.se / (1 - found.value**2), found.df)
        assert found.low == pytest.approx(math.tanh(math.atanh(found.value) - half))
        assert found.high == pytest.approx(math.tanh(math.atanh(found.value) + half))
        narrow = found.interval(0.9)
        assert narrow is not None
        assert found.low < narrow[0] < found.value < narrow[1] < found.high


def test_noise_that_rows_share_falls_out_of_their_difference() -> None:
    scored = Scored()
    table = measured(scored.row("F1", [0.9]), scored.row("F2", [0.9]))
    one, other = table.estimate("F1", "srcc"), table.estimate("F2", "srcc")
    difference = table.difference("F2", "F1", "srcc")
    assert difference.se_images is not None
    assert one.se_images is not None
    assert other.se_images is not None
    assert difference.se_images < 0.9 * math.hypot(one.se_images, other.se_images)


def test_one_seed_says_that_training_noise_is_not_in_it() -> None:
    scored = Scored()
    table = measured(scored.row("F1", [0.8]), scored.row("F2", [0.9]))
    for found in (table.estimate("F1", "srcc"), table.difference("F2", "F1", "srcc")):
        assert found.note == "one seed: training noise is not in it"
        assert found.se_seeds is None
        assert found.se == found.se_images
        assert found.df == pytest.approx(199)
        assert found.low is not None


def test_rows_of_the_same_predictions_are_identical_and_have_no_p() -> None:
    row = Scored().row("F1", [0.8, 0.9, 0.85])
    table = measured(row, replace(row, id="F2"), replace(with_all(row), id="F3"))
    for metric in METRICS[:4]:
        found = table.difference("F2", "F1", metric)
        assert (found.value, found.se, found.p, found.df, found.min_detectable) == (0.0, 0.0, None, None, None)
        assert (found.low, found.high, found.note) == (0.0, 0.0, "identical")
    assert [each.p_holm for each in table.differences("F1", "srcc")] == [None, None]


def test_if_the_seeds_do_not_differ_the_images_give_the_degrees_of_freedom() -> None:
    scored = Scored()
    run, other = scored.run(1, 0.8), scored.run(1, 0.9)
    rows = [
        RowScores(name, (each, replace(each, seed=2)), "koniq-10k", "clean")
        for name, each in (("F1", run), ("F2", other))
    ]
    found = measured(*rows).difference("F2", "F1", "srcc")
    assert found.se_seeds == 0
    assert found.df == pytest.approx(199)
    assert found.p is not None


def test_groups_of_rows_are_compared_by_their_means() -> None:
    scored = Scored()
    table = measured(*(scored.row(name, [srcc, srcc]) for name, srcc in (("F1", 0.8), ("F2", 0.82), ("F3", 0.9))))
    found = table.contrast(("F1", "F2"), ("F3",), "srcc")
    values = [table.estimate(name, "srcc").value for name in ("F1", "F2", "F3")]
    assert (found.id, found.baseline) == ("F1+F2", "F3")
    assert found.value == pytest.approx((values[0] + values[1]) / 2 - values[2])
    assert found.p is not None


def test_two_rows_of_one_id_and_an_unknown_row_are_refused() -> None:
    row = Scored().row("F1", [0.8])
    with pytest.raises(ValueError, match="two rows have one id: F1, F1"):
        measured(row, row)
    with pytest.raises(KeyError):
        measured(row).estimate("F9", "srcc")
