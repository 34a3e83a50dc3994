"""What a table says of its rows and of their differences, in cases with known answers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from iqa_tui.results.intervals.cancelling import Cancelled, Observer
from iqa_tui.results.intervals.estimates import Difference, Estimate
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.intervals.scores import RowScores, RunScores
from iqa_tui.results.intervals.student import half_width
from iqa_tui.results.intervals.table import MeasuredTable, measure_rows
from tests.fakes.scored import Scored

METRICS = ("srcc", "plcc", "plcc_fitted", "krcc", "rmse")


def measured(*rows: RowScores) -> MeasuredTable:
    return measure_rows(rows, METRICS, Resampling(400))


def with_all(row: RowScores, **changes: object) -> RowScores:
    return replace(row, runs=tuple(replace(run, **changes) for run in row.runs))


def is_bare(found: Estimate | Difference) -> bool:
    """No standard error, no interval, no p."""
    p = found.p if isinstance(found, Difference) else None
    return (found.se, found.low, found.high, found.df, p) == (None, None, None, None, None)


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


def test_constant_predictions_are_undefined_in_words() -> None:
    scored = Scored()
    dead = scored.run(2, predictions=np.full(200, 3.0))
    row = scored.row("F1", [0.8])
    table = measured(replace(row, id="F0"), replace(row, runs=(dead,)), replace(row, id="F2", runs=(*row.runs, dead)))
    assert table.estimate("F1", "srcc") == Estimate("F1", "srcc", None, note="undefined: constant predictions")
    nothing = table.difference("F1", "F0", "srcc")
    assert (nothing.value, nothing.note) == (None, "F1: undefined: constant predictions")
    assert is_bare(nothing)
    half = table.estimate("F2", "srcc")
    assert half.seeds == (1,)
    assert "F2, seed 2 left out: undefined: constant predictions" in half.note
    assert table.best("srcc", among=["F1"]) is None
    assert table.against_best("srcc", among=["F1"]) == ()


def test_constant_opinions_and_a_single_image_are_undefined_in_words() -> None:
    scored = Scored()
    flat = RowScores("F1", (scored.run(1, mos=np.ones(200)),))
    single = RowScores("F2", (RunScores(1, ("a",), np.ones(1), np.ones(1)),))
    table = measured(flat, single)
    assert table.estimate("F1", "srcc").note == "undefined: constant opinions"
    assert table.estimate("F2", "krcc").note == "undefined: fewer than two images"


def test_a_seed_that_only_one_row_has_is_left_out_of_the_difference_and_said() -> None:
    scored = Scored()
    rows = scored.row("F1", [0.80, 0.81, 0.80]), scored.row("F2", [0.9, 0.91], seeds=(2, 3))
    found = measured(*rows).difference("F2", "F1", "srcc")
    assert found.seeds == (2, 3)
    assert found.note == "seed 1 of F1 alone left out"
    values = [run.values["srcc"] for row in ("F1", "F2") for run in measured(*rows).runs[row]]
    assert found.value == pytest.approx((values[3] - values[1] + values[4] - values[2]) / 2)


def test_one_shared_seed_is_that_pair_alone() -> None:
    scored = Scored()
    found = measured(scored.row("F1", [0.8, 0.81]), scored.row("F2", [0.9, 0.91], seeds=(2, 3))).difference(
        "F2", "F1", "srcc"
    )
    assert found.seeds == (2,)
    assert found.note == (
        "one seed: training noise is not in it; seed 3 of F2 alone left out; seed 1 of F1 alone left out"
    )


def test_without_a_shared_seed_the_variances_are_added() -> None:
    scored = Scored()
    rows = scored.row("F1", [0.80, 0.82, 0.81]), scored.row("F2", [0.9, 0.91], seeds=(8, 9))
    table = measured(*rows)
    found, one, other = table.difference("F2", "F1", "srcc"), table.estimate("F1", "srcc"), table.estimate("F2", "srcc")
    assert found.seeds == (1, 2, 3, 8, 9)
    assert found.note == "no shared seed: not paired by seed"
    assert one.se_seeds is not None
    assert other.se_seeds is not None
    assert found.se_seeds == pytest.approx(math.hypot(one.se_seeds, other.se_seeds))
    assert found.value == pytest.approx(other.value - one.value)
    lonely = measured(scored.row("F1", [0.8, 0.82]), scored.row("F2", [0.9], seeds=(9,))).difference("F2", "F1", "srcc")
    assert lonely.se_seeds is None
    assert lonely.note == "no shared seed: not paired by seed; one seed: training noise is not in it"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"protocol": "published"}, "across protocols (published − clean): no interval"),
        ({"dataset": "spaq"}, "across data sets (spaq − koniq-10k): no interval"),
        ({"is_demo": True}, "demo labels are not human opinions: no interval"),
    ],
)
def test_what_cannot_be_compared_has_a_value_and_words(changes: dict[str, object], words: str) -> None:
    scored = Scored()
    table = measured(scored.row("F1", [0.8, 0.81]), scored.row("F2", [0.9, 0.91], **changes))
    found = table.difference("F2", "F1", "srcc")
    assert found.value == pytest.approx(0.1, abs=0.08)
    assert found.note == words
    assert is_bare(found)


def test_demo_labels_have_no_interval_but_hours_do() -> None:
    row = Scored().row("F1", [0.8, 0.81], is_demo=True)
    row = replace(row, runs=tuple(replace(run, numbers={"hours": run.seed * 1.5}) for run in row.runs))
    table = measured(row)
    assert is_bare(table.estimate("F1", "srcc"))
    hours = table.estimate("F1", "hours")
    assert (hours.value, hours.df, hours.images) == (2.25, 1.0, 0)
    assert hours.low == pytest.approx(2.25 - half_width(0.95, 0.75, 1))


def test_other_test_images_have_no_interval() -> None:
    scored = Scored()
    fewer = Scored(150)
    table = measured(scored.row("F1", [0.8, 0.81]), fewer.row("F2", [0.9, 0.91]))
    found = table.difference("F2", "F1", "srcc")
    assert found.note == "tested on other images: no interval"
    assert is_bare(found)
    mixed = RowScores("F3", (scored.run(1), fewer.run(2)), "koniq-10k", "clean")
    assert is_bare(measured(mixed).estimate("F3", "srcc"))
    relabelled = with_all(scored.row("F4", [0.9, 0.91]), mos=scored.opinions[::-1].copy())
    assert is_bare(measured(scored.row("F1", [0.8, 0.81]), relabelled).difference("F4", "F1", "srcc"))


def test_images_are_paired_by_name_in_whatever_order_they_stand() -> None:
    scored = Scored()
    rows = scored.row("F1", [0.8, 0.81]), scored.row("F2", [0.9, 0.91])
    turned = tuple(
        replace(run, images=run.images[::-1], mos=run.mos[::-1], predictions=run.predictions[::-1])
        for run in rows[1].runs
    )
    plain, mixed = (
        measured(rows[0], row).difference("F2", "F1", "srcc") for row in (rows[1], replace(rows[1], runs=turned))
    )
    assert mixed == plain


def test_a_recorded_row_has_a_difference_without_interval() -> None:
    row = Scored().row("F1", [0.8, 0.81])
    table = measured(row, RowScores("F1 ◆", protocol="clean", recorded={"srcc": 0.9}))
    found = table.difference("F1 ◆", "F1", "srcc")
    value = table.estimate("F1", "srcc").value
    assert value is not None
    assert found.value == pytest.approx(0.9 - value)
    assert found.note == "recorded: no scores by image, so no interval"
    assert is_bare(found)
    assert table.estimate("F1 ◆", "srcc").note == "recorded: no scores by image, so no interval"
    assert table.estimate("F1 ◆", "krcc").value is None
    assert table.best("srcc") == "F1"


def test_a_row_without_runs_has_not_run_yet() -> None:
    table = measured(Scored().row("F1", [0.8]), RowScores("F2"))
    assert table.estimate("F2", "srcc").note == "not run yet"
    assert table.difference("F2", "F1", "srcc").note == "F2: not run yet"


def test_reference_images_are_drawn_whole() -> None:
    scored = Scored()
    groups = tuple(f"photo{number // 20}" for number in range(200))
    photographs = scored.noise.normal(size=10)  # each is hard, and well liked, in all its distortions
    scored.difficulty, scored.opinions = (
        np.repeat(photographs, 20) * 2,
        scored.opinions * 0.5 + np.repeat(photographs[::-1], 20),
    )
    row = scored.row("F1", [0.8, 0.8, 0.8])
    alone, grouped = (measured(each).estimate("F1", "srcc") for each in (row, with_all(row, groups=groups)))
    assert (alone.units, grouped.units, grouped.images) == (200, 10, 200)
    assert alone.se_images is not None
    assert grouped.se_images is not None
    assert grouped.se_images > 1.5 * alone.se_images
    half_known = replace(row, runs=(row.runs[0], replace(row.runs[1], groups=groups)))
    assert measured(half_known).estimate("F1", "srcc").units == 10
    single = measured(with_all(row, groups=("photo",) * 200)).estimate("F1", "srcc")
    assert is_bare(single)
    assert "how it moves with the images is not known" in single.note


def test_rmse_is_of_calibrated_predictions() -> None:
    scored = Scored()
    row = scored.row("F1", [0.8, 0.81])
    table = measured(replace(row, id="F0"), with_all(row, calibrated=scored.opinions + 0.5))
    found = table.estimate("F1", "rmse")
    assert (found.value, found.note) == (pytest.approx(0.5), "no variation")
    assert table.estimate("F0", "rmse").note == "its loss fixes no scale"
    errors = scored.noise.normal(size=200)
    moving = measured(with_all(row, calibrated=scored.opinions + errors)).estimate("F1", "rmse")
    assert moving.low is not None
    assert moving.low < moving.value < moving.high
    assert moving.value == pytest.approx(np.sqrt(np.mean(errors**2)))


def test_random_splits_count_as_nadeau_and_bengio_say() -> None:
    rows = []
    worlds = {name: Scored(100, seed) for seed, name in enumerate("abcd")}
    for row, base in (("F1", 0.8), ("F2", 0.9)):
        runs = [
            world.run(seed, base, split=name, train_images=400) for name, world in worlds.items() for seed in (1, 2)
        ]
        rows.append(RowScores(row, tuple(runs), "spaq", "clean"))
    table = measured(*rows)
    found = table.difference("F2", "F1", "srcc")
    values = {
        row: np.array([run.values["srcc"] for run in table.runs[row]]).reshape(4, 2).mean(axis=1)
        for row in ("F1", "F2")
    }
    by_split = values["F2"] - values["F1"]
    assert found.value == pytest.approx(by_split.mean())
    assert found.se == pytest.approx(math.sqrt(by_split.var(ddof=1) * (1 / 4 + 100 / 400)))
    assert (found.df, found.se_images, found.note) == (pytest.approx(3), None, "4 random splits")
    unknown = measured(*(with_all(row, train_images=None) for row in rows)).difference("F2", "F1", "srcc")
    assert is_bare(unknown)
    assert "does not tell how many images it was trained on" in unknown.note


def test_groups_of_rows_are_compared_by_their_means() -> None:
    scored = Scored()
    table = measured(*(scored.row(name, [srcc, srcc]) for name, srcc in (("F1", 0.8), ("F2", 0.82), ("F3", 0.9))))
    found = table.contrast(("F1", "F2"), ("F3",), "srcc")
    values = [table.estimate(name, "srcc").value for name in ("F1", "F2", "F3")]
    assert (found.id, found.baseline) == ("F1+F2", "F3")
    assert found.value == pytest.approx((values[0] + values[1]) / 2 - values[2])
    assert found.p is not None


def test_numbers_of_runs_are_compared_over_seeds() -> None:
    scored = Scored()

    def row(name: str, hours: list[float]) -> RowScores:
        plain = scored.row(name, [0.8] * len(hours))
        return replace(
            plain,
            runs=tuple(replace(run, numbers={"hours": each}) for run, each in zip(plain.runs, hours, strict=True)),
        )

    table = measured(row("F1", [1.0, 1.2, 1.1]), row("F2", [2.1, 2.2, 2.0]), row("F3", [3.0]))
    found = table.difference("F2", "F1", "hours")
    assert (found.value, found.df, found.se_images) == (pytest.approx(1.0), 2.0, None)
    assert found.se == pytest.approx(0.1 / math.sqrt(3))
    lonely = table.difference("F3", "F1", "hours")
    assert (lonely.value, lonely.low) == (pytest.approx(2.0), None)
    assert "one seed: no spread is known, so no interval" in lonely.note
    assert table.best("hours") == "F1"
    assert table.estimate("F1", "ln_stability").note == "no ln_stability"


def test_runs_whose_scores_cannot_be_read_keep_their_value_without_interval() -> None:
    lost = RunScores(2, numbers={"srcc": 0.84}, problem="there is no koniq-10k_test.csv")
    row = Scored().row("F1", [0.8])
    found = measured(replace(row, runs=(*row.runs, lost))).estimate("F1", "srcc")
    assert found.seeds == (1, 2)
    assert found.note == "F1, seed 2: there is no koniq-10k_test.csv: no interval"
    assert is_bare(found)


def test_two_rows_of_one_id_and_an_unknown_row_are_refused() -> None:
    row = Scored().row("F1", [0.8])
    with pytest.raises(ValueError, match="two rows have one id: F1, F1"):
        measured(row, row)
    with pytest.raises(KeyError):
        measured(row).estimate("F9", "srcc")


def test_scores_of_unequal_number_or_an_image_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in number"):
        RunScores(1, ("a", "b"), np.ones(2), np.ones(3))
    with pytest.raises(ValueError, match="stands there twice"):
        RunScores(1, ("a", "a"), np.ones(2), np.ones(2))


def test_progress_rises_to_the_end_and_a_stop_ends_it() -> None:
    rows = [Scored().row("F1", [0.8, 0.81])]
    told: list[float] = []
    measure_rows(rows, METRICS, Resampling(50), Observer(told.append))
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) > 5
    with pytest.raises(Cancelled):
        measure_rows(rows, METRICS, Resampling(50), Observer(should_stop=lambda: True))
