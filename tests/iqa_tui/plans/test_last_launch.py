"""How a launch differs from the last one of its plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from iqa_tui.plans.last_launch import last_launch, last_launch_words
from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.request import LaunchRequest
from training.runfolder.spec import Spec

ROWS: list[dict[str, Any]] = [{"id": "F2", "flags": {"loss_type": "l2"}}, {"id": "F3", "flags": {"loss_type": "srcc"}}]
CONTENT: dict[str, Any] = {"name": "losses", "base": {"lr": 5e-6, "vram": "10 GiB"}, "experiment": ROWS}
REQUEST = LaunchRequest(plan_from(CONTENT, "p.toml"))
HOUR = 3600.0


def spec(experiment: str, seed: int = 42, created: float = 100.0, digest: str = "abc", **others: Any) -> Spec:
    return Spec(
        f"{experiment}-{seed}-{created}",
        "losses",
        experiment,
        others.pop("argv", []),
        created,
        experiment,
        CONTENT,
        seed=seed,
        source_digest=digest,
        **others,
    )


LAST = [spec("F2"), spec("F3")]


def words(request: LaunchRequest, last: list[Spec] = LAST, digest: str = "abc") -> str:
    return last_launch_words(request, last, digest, 100.0 + 2 * HOUR)


def test_the_same_launch_again_is_said_to_be_the_same() -> None:
    assert words(REQUEST) == "the same as the last launch, 2.0 h ago"


def test_a_setting_of_all_is_named_once_and_that_of_one_with_its_row() -> None:
    assert words(replace(REQUEST, overrides={"lr": "1e-5"})) == "since the last launch, 2.0 h ago: lr 5e-6 → 1e-5"
    assert words(replace(REQUEST, overrides={"lr": "0.000005"})).startswith("the same")
    rows = [ROWS[0], {"id": "F3", "flags": {"loss_type": "rank", "epochs": 3}}]
    other = LaunchRequest(plan_from(CONTENT | {"experiment": rows}, "p.toml"))
    assert words(other).endswith("ago: F3: loss_type srcc → rank; F3: epochs none → 3")


def test_what_was_overridden_then_counts() -> None:
    overridden = [spec("F2", overrides={"lr": "1e-5"}), spec("F3", overrides={"lr": "1e-5"})]
    assert words(REQUEST, overridden).endswith("ago: lr 1e-5 → 5e-6")


def test_experiments_and_seeds_are_compared() -> None:
    assert words(REQUEST, LAST[:1]).endswith("ago: F3 was not in it")
    assert words(replace(REQUEST, experiments=("F2",))).endswith("ago: without F3")
    assert words(replace(REQUEST, seeds=(1, 2))).endswith("ago: seeds 42 → 1 2")
    assert words(replace(REQUEST, seeds=(7,))).endswith("ago: seed 42 → 7")
    assert words(replace(REQUEST, overrides={"seed": "7"})).endswith("ago: seed 42 → 7")


def test_other_trainer_code_is_named_if_both_are_known() -> None:
    assert words(REQUEST, digest="def").endswith("ago: trainer code abc → def")
    assert words(REQUEST, digest="").startswith("the same")
    assert words(REQUEST, [spec("F2", digest=""), spec("F3", digest="")], digest="def").startswith("the same")


def test_the_last_launch_is_what_was_queued_together_of_this_plan() -> None:
    older, foreign = spec("F2", created=50.0), replace(spec("F9", created=200.0), plan={"name": "other"})
    assert last_launch([older, *LAST, foreign], "losses") == LAST
    assert last_launch([foreign, replace(older, plan={})], "losses") == []


def test_splits_are_compared_and_are_no_setting() -> None:
    then = [spec(row, argv=["--split_seed", split]) for row in ("F2", "F3") for split in "01"]
    assert words(replace(REQUEST, splits=(0, 1)), then).startswith("the same")
    assert words(replace(REQUEST, splits=(0, 1, 2)), then).endswith("ago: splits 0 1 → 0 1 2")
    assert words(REQUEST, then).endswith("ago: splits 0 1 → none")
    assert words(replace(REQUEST, overrides={"split_seed": "3"})).endswith("ago: split none → 3")
    rows = [ROWS[0] | {"flags": {"loss_type": "l2", "split_seed": 1}}, ROWS[1]]
    own = LaunchRequest(plan_from(CONTENT | {"experiment": rows}, "p.toml"))
    assert words(own, [spec("F2", argv=["--split_seed", "1"]), spec("F3")]).startswith("the same")


def test_another_grid_is_told_and_tuning_runs_are_no_part_of_the_last_launch() -> None:
    tuned = LaunchRequest(plan_from(CONTENT | {"tune": {"lr": [1e-5, 2e-5], "seeds": [9]}}, "p.toml"))
    assert words(tuned) == "since the last launch, 2.0 h ago: no tuning → tuning by lr 1e-5, 2e-5; seeds 9"
    trial = spec("F2", seed=9, trial={"values": {"lr": 1e-5}})
    assert last_launch([*LAST, trial], "losses") == LAST
