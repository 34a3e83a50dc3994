"""What the runs of a launch are tested on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iqa_tui.plans.plan import Plan, load_plan, plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.scoring import DEFAULTS, ONE_SEED, Scoring, scoring_of, words_at_once
from training.flags import parse


@pytest.fixture
def losses() -> Plan:
    return load_plan("koniq-losses")


def plan_with(*rows: dict[str, object], **base: object) -> Plan:
    experiments = [{"id": f"E{number}", "flags": flags} for number, flags in enumerate(rows)]
    return plan_from({"name": "p", "base": base, "experiment": experiments}, "p.toml")


def test_what_a_plan_leaves_out_is_what_the_trainer_would_take() -> None:
    config = parse([])
    assert {name: getattr(config, name) for name in DEFAULTS} == DEFAULTS
    assert scoring_of(LaunchRequest(plan_with({}))) == Scoring(
        config.dataset, config.protocol, config.limit_test_images
    )


def test_the_flags_of_a_launch_count_over_those_of_its_plan(losses: Plan) -> None:
    assert scoring_of(LaunchRequest(losses)) == Scoring("koniq-10k", "clean")
    overrides = {"protocol": "published", "limit_test_images": "64"}
    assert scoring_of(LaunchRequest(losses, overrides=overrides)) == Scoring("koniq-10k", "published", 64)


def test_rows_that_are_tested_on_different_data_have_no_common_test() -> None:
    plan = plan_with({"dataset": "spaq"}, {"dataset": "livec"})
    assert scoring_of(LaunchRequest(plan)) is None
    assert scoring_of(LaunchRequest(plan, experiments=("E0",))) == Scoring("spaq", "clean")


@pytest.mark.parametrize("name", ["demo", "biq2021"])
def test_labels_that_are_no_opinions_show_nothing(name: str) -> None:
    is_demo = load_plan(name).demo
    assert (scoring_of(LaunchRequest(load_plan(name))) is None) is is_demo
    assert (words_at_once(LaunchRequest(load_plan(name), seeds=(1, 2))) == "") is is_demo


def test_of_another_trainer_nothing_is_said(losses: Plan) -> None:
    other = replace(losses, command=["python", "mine.py"])
    assert words_at_once(LaunchRequest(other, seeds=(1,))) == ""


@pytest.mark.parametrize(("seeds", "words"), [(None, ONE_SEED), ((7,), ONE_SEED), ((7, 7), ONE_SEED), ((7, 8), None)])
def test_one_seed_needs_no_look_at_finished_runs(
    losses: Plan, seeds: tuple[int, ...] | None, words: str | None
) -> None:
    assert words_at_once(LaunchRequest(losses, seeds=seeds)) == words


def test_a_plan_may_ask_for_its_seeds_itself(losses: Plan) -> None:
    assert words_at_once(LaunchRequest(losses, overrides={"train_test_num": "3"})) is None
    with pytest.raises(ValueError, match="train_test_num='x'"):
        words_at_once(LaunchRequest(losses, overrides={"train_test_num": "x"}))


def test_one_seed_on_several_splits_shows_how_much_training_moves_a_score(losses: Plan) -> None:
    assert words_at_once(LaunchRequest(losses, seeds=(1,), splits=(0,))) == ONE_SEED
    assert words_at_once(LaunchRequest(losses, seeds=(1,), splits=(0, 1))) is None
