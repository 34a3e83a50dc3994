"""Our trainer is asked what the runs of a launch would use; an external trainer is not."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from iqa_tui.errors import LaunchError, PlanError
from iqa_tui.plans.plan import load_plan, plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.trainer_facts import ask_trainer


def test_each_experiment_has_its_facts_with_the_launchs_settings() -> None:
    request = LaunchRequest(
        load_plan("koniq-losses"), experiments=("F1", "F3"), overrides={"model_size": "small", "data_path": "/koniq"}
    )
    facts = ask_trainer(request)
    assert {name: (known.loss_type, known.network) for name, known in facts.items()} == {
        "F1": ("l1", "swin-small"),
        "F3": ("srcc", "swin-small"),
    }
    assert {known.data_folder for known in facts.values()} == {"/koniq"}


def test_a_sum_of_losses_has_the_trainers_spelling_and_its_refusal() -> None:
    plan = load_plan("koniq-losses")
    request = LaunchRequest(plan, experiments=("F1",), overrides={"loss_type": "l1 + .5*srcc"})
    assert ask_trainer(request)["F1"].loss_type == "l1+0.5*srcc"
    with pytest.raises(PlanError, match=r"F1: argument --loss_type: the weight of srcc, 0, is not a number above 0"):
        ask_trainer(replace(request, overrides={"loss_type": "l1+0*srcc"}))


def test_defaults_are_the_trainers() -> None:
    plan = plan_from({"name": "bare", "experiment": [{"id": "A"}]}, "bare.toml")
    known = ask_trainer(LaunchRequest(plan))["A"]
    assert (known.loss_type, known.dataset, known.network, known.protocol) == ("l1", "livec", "swin-tiny", "clean")


def test_an_external_trainer_is_never_started_to_be_asked() -> None:
    plan = plan_from({"name": "x", "command": ["/no/such"], "experiment": [{"id": "A"}]}, "x.toml")
    assert ask_trainer(LaunchRequest(plan)) == {}


def test_refused_flags_name_the_experiments_that_have_them() -> None:
    plan = load_plan("koniq-losses")
    rows = tuple(
        replace(row, flags={**row.flags, "lr": 0} if row.id == "F2" else row.flags) for row in plan.experiments
    )
    with pytest.raises(PlanError, match=r"koniq-losses\.toml: F2: .*--lr"):
        ask_trainer(LaunchRequest(replace(plan, experiments=rows)))


def test_an_answer_that_cannot_be_understood_says_what_to_look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqa_tui.queue.trainer_facts.program", lambda *_: [sys.executable, "-c", "print('no JSON')"])
    with pytest.raises(LaunchError, match="come from one installation"):
        ask_trainer(LaunchRequest(load_plan("koniq-losses"), experiments=("F1",)))
