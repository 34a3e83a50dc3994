"""Odd cases: what is paired, what has no interval, and the words that say why."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from iqa_tui.results.intervals.estimates import Estimate
from iqa_tui.results.intervals.scores import RowScores, RunScores
from iqa_tui.results.intervals.student import half_width
from tests.fakes.scored import Scored, is_bare, measured, with_all


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


def test_runs_whose_scores_cannot_be_read_keep_their_value_without_interval() -> None:
    lost = RunScores(2, numbers={"srcc": 0.84}, problem="there is no koniq-10k_test.csv")
    row = Scored().row("F1", [0.8])
    found = measured(replace(row, runs=(*row.runs, lost))).estimate("F1", "srcc")
    assert found.seeds == (1, 2)
    assert found.note == "F1, seed 2: there is no koniq-10k_test.csv: no interval"
    assert is_bare(found)


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
