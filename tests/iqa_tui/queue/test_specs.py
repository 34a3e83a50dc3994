"""The spec of each run of a launch."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.plans.plan import Plan, plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.specs import own_fields, shared_fields


def plan(**content: object) -> Plan:
    return plan_from({"name": "losses", "experiment": [{"id": "A"}], **content}, "losses.toml")


@pytest.mark.parametrize(("script", "commit"), [("echo abc", "abc"), ("exit 128", None), (None, None)])
def test_the_commit_is_that_of_the_work_tree_if_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, commit: str | None
) -> None:
    if script is not None:
        (tmp_path / "git").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shared_fields(LaunchRequest(plan(), devices=("cpu",)), 0.0)["git_commit"] == commit


def test_the_specs_of_one_launch_share_what_was_asked_for_all(tmp_path: Path) -> None:
    request = LaunchRequest(
        plan(time_limit_hours=2), overrides={"epochs": "1"}, devices=("cpu",), strategy="priority", cwd=tmp_path
    )
    shared = shared_fields(request, 5.0)
    assert (shared["group"], shared["created"], shared["trainer"]) == ("losses epochs=1", 5.0, "training")
    assert (shared["devices"], shared["strategy"], shared["cwd"]) == (["cpu"], "priority", str(tmp_path))
    assert shared["time_limit_seconds"] == 7200


def test_an_external_trainer_gets_a_seed_only_if_the_user_asked_for_seeds() -> None:
    external = plan(command=["python", "mine.py"])
    (experiment,) = external.experiments
    own = own_fields(LaunchRequest(external), experiment, 42, order=0, facts=None)
    assert own["argv"] == ["python", "mine.py"]
    assert (own["loss_type"], own["network"], own["dataset"], own["protocol"]) == ("A", "losses", "", "")
    assert own_fields(LaunchRequest(external, seeds=(7,)), experiment, 7, order=0, facts=None)["argv"][-2:] == [
        "--seed",
        "7",
    ]


def test_a_path_that_the_user_typed_counts_from_the_current_folder_and_stands_whole_in_the_spec(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ours = plan()
    (experiment,) = ours.experiments
    for cwd in (None, tmp_path):
        request = LaunchRequest(ours, overrides={"data_path": "data/koniq", "epochs": "1"}, cwd=cwd)
        argv = own_fields(request, experiment, 42, order=0, facts=None)["argv"]
        assert argv[argv.index("--data_path") + 1] == str(tmp_path / "data" / "koniq")
        assert shared_fields(request, 0.0)["group"] == "losses epochs=1"
    external = plan(command=["python", "mine.py"])
    request = LaunchRequest(external, overrides={"data_path": "data/koniq"})
    assert own_fields(request, experiment, 42, order=0, facts=None)["argv"][-2:] == ["--data_path", "data/koniq"]
