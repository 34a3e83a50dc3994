"""What could not run is refused before anything is queued."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import Plan, load_plan
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.check import check
from tests.fakes.tuned_plan import tuned_plan


@pytest.fixture
def plan() -> Plan:
    return load_plan("koniq-losses")


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("IQA_TUI_LEASES", str(tmp_path / "leases"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def test_flags_that_the_trainer_refuses_are_refused_before_anything_is_queued(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"koniq-losses\.toml: F1, F2, F3, F4, F5: .*epochs.*'many'"):
        check(LaunchRequest(plan, overrides={"epochs": "many"}, runs_dir=tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_good_plan_passes(plan: Plan, tmp_path: Path) -> None:
    check(LaunchRequest(plan, runs_dir=tmp_path))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"experiments": ("F9",)}, r"no experiment 'F9'. Choose from F1, F2"),
        ({"strategy": "fastest"}, r"no strategy 'fastest'"),
        ({"overrides": {"run_folder": "x"}}, r"--set run_folder"),
        ({"overrides": {"seed": "x"}}, r"seed='x'"),
        ({"overrides": {"train_test_num": "0"}}, r"train_test_num='0': write a whole number of at least 1"),
        ({"overrides": {"split_seed": "x"}}, r"split_seed='x'"),
        ({"overrides": {"split_seed": "3"}, "splits": (1, 2)}, r"--splits and --set split_seed: both say which splits"),
        (
            {"overrides": {"dataset": "biq2021"}, "splits": (0, 1)},
            r"F5: --split_seed 1: biq2021 has a split of its own",
        ),
        ({"devices": ("7",)}, r"--devices 7: this machine has no such device. It has CPU 0"),
    ],
)
def test_what_cannot_be_launched_is_refused_in_words(
    plan: Plan, tmp_path: Path, no_gpu: None, changes: dict[str, object], words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        check(replace(LaunchRequest(plan, runs_dir=tmp_path), **changes))


def test_a_value_that_the_plan_chooses_is_not_set_by_the_launch(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"^lr=1: .*tiny\.toml chooses it from a grid"):
        check(LaunchRequest(tuned_plan(tmp_path), overrides={"lr": "1"}, runs_dir=tmp_path))


@pytest.mark.parametrize(
    ("was", "now", "words"),
    [
        ("lr = [1e-4, 1e-3]", "lr = [1e-4, -1.0]", r"tiny\.toml: F1 lr=-1\.0: argument --lr"),
        (
            "[tune]",
            'protocol = "published"\n[tune]',
            r"F1 lr=0\.0001, F1 lr=0\.001, F2 lr=0\.0001: --no_test: the publ",
        ),
        (
            "lr = [1e-4",
            "rate = [1e-4",
            r"F1 rate=0\.0001, F2 rate=0\.0001: unrecognized arguments: --rate",
        ),
    ],
)
def test_values_that_the_trainer_refuses_are_refused_before_anything_is_queued(
    tmp_path: Path, was: str, now: str, words: str
) -> None:
    with pytest.raises(PlanError, match=words):
        check(LaunchRequest(tuned_plan(tmp_path, was, now), runs_dir=tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


def test_repetitions_of_one_row_alone_are_refused(plan: Plan, tmp_path: Path) -> None:
    rows = tuple(replace(row, flags={**row.flags, "train_test_num": 2}) for row in plan.experiments)
    with pytest.raises(PlanError, match=r"experiment F1: write train_test_num into \[base\]"):
        check(LaunchRequest(replace(plan, experiments=rows), runs_dir=tmp_path))


def test_a_row_with_a_split_of_its_own_is_not_run_on_others(plan: Plan, tmp_path: Path) -> None:
    rows = tuple(replace(row, flags={**row.flags, "split_seed": 2}) for row in plan.experiments[:2])
    request = LaunchRequest(replace(plan, experiments=rows), splits=(0, 1), runs_dir=tmp_path)
    with pytest.raises(PlanError, match=r"experiment F1, F2: has a split_seed of its own; --splits"):
        check(request)
