"""How the settings of runs differ from a plan's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from iqa_tui.plans.plan import Plan, plan_from
from iqa_tui.plans.settings import other_settings, other_settings_words
from training.runfolder.phase import Phase
from training.runfolder.spec import Spec


def content(**base: Any) -> dict[str, Any]:
    rows = [{"id": "F1", "flags": {"loss_type": "l1"}}, {"id": "F2", "flags": {"loss_type": "l2"}}]
    return {"name": "losses", "base": base, "experiment": rows}


def plan(**base: Any) -> Plan:
    return plan_from(content(**base), "losses.toml")


def spec(experiment: str = "F1", overrides: dict[str, str] | None = None, **base: Any) -> Spec:
    return Spec("r", "losses", "L", [], 0.0, experiment=experiment, plan=content(**base), overrides=overrides or {})


def test_each_flag_that_the_plan_has_otherwise_or_not_at_all_is_named() -> None:
    assert other_settings(spec(epochs=5), plan(epochs=5)) == []
    assert other_settings(spec(epochs=5), plan(epochs=3, dropout_rate=0.1)) == ["no dropout_rate", "epochs=5"]
    assert other_settings(spec(lr=5e-6), plan(lr="0.000005")) == []


def test_paths_and_what_the_user_set_are_no_other_settings() -> None:
    assert other_settings(spec(data_path="/a", seed=1), plan(data_path="/b", seed=2)) == []
    assert other_settings(spec(overrides={"epochs": "5"}, epochs=9), plan(epochs=3)) == []


def test_without_its_row_in_the_plan_only_what_all_rows_share_is_compared() -> None:
    assert other_settings(spec("F9", epochs=5), plan(epochs=3)) == ["epochs=5"]


def test_a_run_started_by_hand_has_no_plan_to_differ_from() -> None:
    assert other_settings(Spec("r", "g", "l", [], 0.0), plan(epochs=3)) == []


def test_runs_that_count_are_named_by_what_they_share() -> None:
    runs = [(spec("F1", epochs=5), Phase.FINISHED), (spec("F2", epochs=5), Phase.QUEUED)]
    what, remedy = other_settings_words("losses", plan(epochs=3), [*runs, (spec("F2", epochs=7), Phase.FAILED)])
    assert what == "losses has runs of other settings than this plan's: F1, F2 with epochs=5."
    assert "give the plan another `name`" in remedy
    assert other_settings_words("losses", plan(epochs=5), runs) == []


def test_runs_that_were_tuned_otherwise_or_not_at_all_are_named() -> None:
    tune = {"lr": [1e-5, 2e-5], "epochs": 2, "seeds": [1, 2]}
    tuned = plan_from({**content(epochs=5), "tune": tune}, "losses.toml")
    run = replace(spec(epochs=5), plan=tuned.content)
    assert other_settings(spec(epochs=5), tuned) == ["no tuning"]
    assert other_settings(run, plan(epochs=5)) == ["tuning by lr 1e-5, 2e-5; epochs 2; seeds 1, 2"]
    assert other_settings(run, replace(tuned, title="other", content={**tuned.content, "title": "other"})) == []
    assert other_settings(replace(run, plan={**content(), "tune": {"lr": 3}}), plan()) == ["tuning by lr 3"]
