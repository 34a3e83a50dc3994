"""The trainer's command line, and the group that a run belongs to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iqa_tui.plans.flags import command_for, flag_text, flags_for, group_name, is_same
from iqa_tui.plans.plan import Plan, plan_from


@pytest.fixture
def plan() -> Plan:
    base = {"epochs": 3, "lr": 5e-6, "amp": True, "pretrained": False}
    return plan_from({"name": "losses", "base": base, "experiment": [{"id": "F2", "flags": {"lr": 1e-4}}]}, "p.toml")


def test_the_experiment_overrides_the_base_and_the_user_overrides_both(plan: Plan) -> None:
    (experiment,) = plan.experiments
    flags = flags_for(plan, experiment, {"epochs": "1"}, 7)
    assert flags == ["--epochs", "1", "--lr", "0.0001", "--amp", "--train_test_num", "1", "--seed", "7"]


def test_an_external_trainer_gets_its_own_flags_alone(plan: Plan) -> None:
    plan = replace(plan, command=["python", "mine.py"])
    command = command_for(plan, plan.experiments[0], {"amp": "false"}, None)
    assert command == ["python", "mine.py", "--epochs", "3", "--lr", "0.0001"]


def test_numbers_are_written_as_a_user_would_type_them() -> None:
    assert [flag_text(value) for value in (5e-6, 1e20, 0.1, 3, True, "l2")] == [
        "5e-6",
        "1e+20",
        "0.1",
        "3",
        "true",
        "l2",
    ]


def test_two_spellings_of_one_number_are_the_same_setting() -> None:
    assert is_same(5e-6, "0.000005")
    assert is_same("l2", "l2")
    assert not is_same("l2", "l1")
    assert not is_same(10**400, "1e400x")


def test_a_group_is_named_after_settings_that_change_what_is_measured(plan: Plan) -> None:
    assert group_name(plan, {}) == "losses"
    assert group_name(plan, {"lr": "1e-3", "epochs": "1"}) == "losses epochs=1 lr=1e-3"
    assert group_name(plan, {"epochs": "3.0", "seed": "4", "data_path": "/data", "num_workers": "0"}) == "losses"
