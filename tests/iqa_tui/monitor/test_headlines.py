"""How far groups are, in one line each."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.headlines import age_words, group_words, headline_words
from tests.fakes.run_folders import FakeRun


def test_a_group_is_said_in_ways_from_long_to_short(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F3", seed=1, created=60.0).start().finish(hours=1.7)
    FakeRun.queue(tmp_path, "F3", seed=2, created=60.0)
    forms = group_words(Catalog(tmp_path).refresh(), {}, 100.0)
    assert {name for name, _ in forms} == {"koniq-losses"}
    assert forms[0][1].startswith(" · seeds 1 2 · 1 of 2 finished, 1 queued, ")
    assert forms[-1][1] == " · 1 of 2"
    assert [len(rest) for _, rest in forms] == sorted((len(rest) for _, rest in forms), reverse=True)


def test_a_group_that_is_over_says_how_long_ago(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F3").start(at=1000.0).finish(hours=1.0)
    assert group_words(Catalog(tmp_path).refresh(), {}, 1000.0 + 3 * 3600)[0][1] == " · 1 of 1 finished · 2.0 h ago"


def test_runs_of_several_trainers_are_told(tmp_path: Path) -> None:
    for experiment, digest in (("F2", "then"), ("F3", "now")):
        FakeRun.queue(tmp_path, experiment, source_digest=digest).start().finish(source_digest=digest)
    assert group_words(Catalog(tmp_path).refresh(), {}, 100.0)[0][1].startswith(
        " · 2 of 2 finished · trainer code differs"
    )


def test_many_seeds_are_counted_and_runs_without_a_group_have_a_name(tmp_path: Path) -> None:
    for seed in range(6):
        FakeRun.queue(tmp_path, "F2", seed=seed, group="")
    ((name, rest), *_) = group_words(Catalog(tmp_path).refresh(), {}, 100.0)
    assert name == "started by hand"
    assert rest.startswith(" · 6 seeds · 0 of 6 finished")


def test_the_headlines_are_the_best_and_what_is_going_on(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", created=50.0, group="older").start().end()
    FakeRun.queue(tmp_path, "F3", created=60.0).start().finish(0.93, hours=1.7)
    FakeRun.queue(tmp_path, "F4", created=60.0)
    words = headline_words(Catalog(tmp_path).refresh(), {}, 100.0)
    assert words[:2] == ["best F3 val 0.9320", "1 queued"]
    assert words[2].endswith(" left")
    assert words[3:] == ["1 failed", "1 finished"]


def test_without_a_run_there_is_nothing_to_say() -> None:
    assert headline_words([], {}, 100.0) == []


@pytest.mark.parametrize(
    ("hours", "words"), [(-1, "<1 s ago"), (0.5, "30 min ago"), (3, "3.0 h ago"), (30, "yesterday"), (80, "3 d ago")]
)
def test_an_age_in_words(hours: float, words: str) -> None:
    assert age_words(hours * 3600) == words


def test_splits_are_counted_beside_the_seeds(tmp_path: Path) -> None:
    for split, seed in ((0, 1), (3, 1), (5, 2)):
        FakeRun.queue(tmp_path, "F2", seed=seed, argv=["--split_seed", str(split)])
    states = Catalog(tmp_path).refresh()
    assert group_words(states, {}, 100.0)[0][1].startswith(" · 3 splits, seeds 1 2 · 0 of 3 finished")
    same = [state for state in states if state.spec and state.spec.seed == 1]
    assert group_words(same, {}, 100.0)[0][1].startswith(" · 2 splits, seed 1 · 0 of 2 finished")
