"""The images of a row over its seeds, whatever scale each seed predicts on, and those that two rows disagree on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from iqa_tui.results.images.views import Found, Listed, Wanted, image_headline, image_words
from iqa_tui.results.intervals.row_images import disagreements, images_of, runs_of
from iqa_tui.results.intervals.score_files import together
from iqa_tui.results.intervals.scores import RowScores, RunScores

NAMES = tuple(f"{number}.jpg" for number in range(40))
MOS = np.linspace(0.1, 0.9, 40)


def run(seed: int, pred: np.ndarray, **changes: object) -> RunScores:
    return RunScores(seed, **{"images": NAMES, "mos": MOS, "predictions": pred, **changes})


def row(*runs: RunScores, name: str = "F3") -> RowScores:
    return RowScores(name, runs)


def test_seeds_on_other_scales_count_alike_in_the_mean() -> None:
    """The second seed's scale is a thousand times as wide, and it puts the best image last."""
    wrong = MOS.copy()
    wrong[-1] = 0.0
    found = images_of(row(run(1, 50 * MOS - 90), run(2, 50_000 * wrong)))
    assert found.seeds == (1, 2)
    assert found.seed_words == "mean of 2 seeds"
    last = found.images[-1]
    assert (last.mos_place, last.preds) == (1, (50 * 0.9 - 90, 0.0))
    assert 0.4 < last.pred < 0.6  # halfway between its two fitted scores
    assert 15 < last.pred_place < 25
    middle = found.images[20]
    assert middle.pred == pytest.approx(middle.mos, abs=0.06)
    assert found.worst(1) == [last]


def test_one_seed_is_drawn_as_its_network_gave_it_with_the_fit_over_it() -> None:
    found = images_of(row(run(1, 50 * MOS - 90), run(2, MOS)), ("", 1))
    assert found.seed_words == "seed 1"
    assert [image.drawn for image in found.images] == [50 * mos - 90 for mos in MOS.tolist()]
    assert found.images[7].pred == pytest.approx(MOS[7], abs=0.06)
    fitted, drawn = zip(*found.curve, strict=True)
    assert list(drawn) == sorted(drawn)
    assert list(fitted) == pytest.approx([(pred + 90) / 50 for pred in drawn], abs=0.06)


def test_images_that_a_seed_lacks_or_labels_otherwise_are_left_out() -> None:
    other = MOS.copy()
    other[3] = 0.77
    found = images_of(row(run(1, MOS), run(2, MOS[:-1], images=NAMES[:-1], mos=other[:-1])))
    assert {image.name for image in found.images} == set(NAMES) - {"3.jpg", "39.jpg"}


def test_constant_or_reversed_predictions_have_no_fit_and_keep_their_order() -> None:
    assert images_of(row(run(1, np.ones(40)))).curve == ()
    reversed_ = images_of(row(run(1, -MOS)))
    assert reversed_.curve == ()
    assert (reversed_.images[0].mos_place, reversed_.images[0].pred_place) == (40, 1)


def test_equal_predictions_share_a_place() -> None:
    found = images_of(row(run(1, np.ones(40))))
    assert {image.pred_place for image in found.images} == {20}


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        (row(), "it has no result yet"),
        (RowScores("F1", recorded={"srcc": 0.9}), "it was measured elsewhere"),
        (row(RunScores(1, problem="there is no koniq-10k_test.csv")), "there is no koniq-10k_test.csv"),
        (row(run(1, MOS), run(2, MOS, images=tuple(map(str.upper, NAMES)))), "no test image in common"),
    ],
)
def test_a_row_without_images_says_why(scores: RowScores, words: str) -> None:
    found = images_of(scores)
    assert words in found.problem
    assert found.images == ()
    assert found.seed_words == ""


def test_two_rows_are_compared_by_places_among_the_images_that_both_have() -> None:
    apart = MOS.copy()
    apart[10], apart[30] = apart[30], apart[10]
    one = images_of(row(run(1, MOS)))
    other = images_of(row(run(1, apart), name="F1"))
    gaps = {pair.one.name: pair.gap for pair in disagreements(one, other) if pair.gap}
    assert gaps == {"10.jpg": -20, "30.jpg": 20}
    fewer = replace(other, images=other.images[20:])
    pairs = disagreements(one, fewer)
    assert [pair.one.name for pair in pairs] == list(NAMES[20:])
    assert sorted(pair.other.pred_place for pair in pairs) == list(range(1, 21))
    assert disagreements(one, replace(other, images=())) == []


def test_only_seeds_with_scores_can_be_looked_at() -> None:
    assert runs_of(row(run(4, MOS), RunScores(5, problem="there is none"))) == (("", 4),)


def test_without_a_fit_the_calibration_of_the_run_counts_and_without_one_there_is_no_scale() -> None:
    found = images_of(row(run(1, -400 - MOS)))
    assert not found.has_scale
    listed = Listed(found.images[0])
    looked_at = Found(Wanted(0), found)
    assert image_headline(looked_at, listed) == "MOS 0.1 · F3 without a scale"
    assert "F3 without a scale, place 1" in image_words(looked_at, listed, "", "")[1][0]
    known = images_of(row(run(1, -400 - MOS, calibrated=0.9 - MOS)))
    assert known.has_scale
    assert [image.pred for image in known.images] == pytest.approx((0.9 - MOS).tolist())


def test_images_of_several_data_sets_have_places_and_fits_of_their_own() -> None:
    """What the second study calls its best the first would call bad: the network is told which one an image is of."""
    small = RunScores(1, NAMES[:10], np.linspace(20, 90, 10), 7 + np.linspace(0, 1, 10), part_of="csv")
    large = RunScores(1, NAMES, MOS, MOS - 3, part_of="biq2021")
    for scores in (small, large):
        scores.predictions[[0, -1]] = scores.predictions[[-1, 0]]
    mixed = together([large, small], {"biq2021": (0.1, 0.9), "csv": (0.0, 100.0)})
    found = images_of(row(mixed))
    by_name = {image.name: image for image in found.images}
    best, last = by_name["csv/9.jpg"], by_name["biq2021/39.jpg"]
    assert (best.mos_place, best.pred_place, best.count, best.part) == (1, 10, 10, "csv")
    assert (last.mos_place, last.pred_place, last.count, last.part) == (1, 40, 40, "biq2021")
    assert [image.name for image in found.worst(4)] == ["biq2021/0.jpg", "biq2021/39.jpg", "csv/0.jpg", "csv/9.jpg"]
    assert (by_name["csv/5.jpg"].mos_place, by_name["csv/5.jpg"].error) == (5, 0)
    assert found.curve == ()
    (pair,) = disagreements(found, replace(found, images=(best,)))
    assert (pair.one.mos_place, pair.one.count) == (1, 1)
    words = image_words(Found(Wanted(0), found, pairs=()), Listed(best, None), "", "")
    assert words[0][0] == "MOS 0.9 of 0 to 1, place 1 of 10 of csv"
    for name in ("biq2021/20.jpg", "csv/5.jpg"):
        assert by_name[name].pred == pytest.approx(by_name[name].mos, abs=0.15)
