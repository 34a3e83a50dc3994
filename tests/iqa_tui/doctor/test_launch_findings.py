"""Which runs of a launch would fail at once."""

from __future__ import annotations

import importlib.util
import subprocess
from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.doctor import launch_findings
from iqa_tui.doctor.finding import Finding, blocked
from iqa_tui.doctor.launch_findings import failing_runs
from iqa_tui.doctor.plan_needs import DatasetNeed
from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.request import LaunchRequest
from training.runfolder.facts import TrainerFacts

REQUEST = LaunchRequest(plan_from({"name": "p", "experiment": [{"id": "A"}, {"id": "B"}, {"id": "C"}]}, "p.toml"))


def facts(folder: Path, weights: str = "none") -> TrainerFacts:
    return TrainerFacts({}, "l1", "koniq-10k", "clean", "net", "backbone", weights, str(folder), "cache")


@pytest.fixture(autouse=True)
def _trainer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A's data are there, C's are not; B's weights are not."""
    known = {
        "A": facts(tmp_path),
        "B": facts(tmp_path, weights=str(tmp_path / "none.pt")),
        "C": facts(tmp_path / "gone"),
    }
    monkeypatch.setattr(launch_findings, "ask_trainer", lambda _request: known)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())

    def look(need: DatasetNeed, _seconds: float) -> tuple[Finding, dict[str, int]]:
        is_there = need.folder.exists()
        return (Finding("data", "complete") if is_there else blocked("data", f"there is no {need.folder}", "")), {}

    monkeypatch.setattr(launch_findings, "look_at_dataset", look)


def failing(complete: set[Hashable] | None = None) -> dict[tuple[str, ...], str]:
    found = failing_runs(REQUEST, set() if complete is None else complete, lambda _words: None)
    return {each.experiments: each.finding.subject for each in found}


def test_each_reason_names_the_experiments_that_it_keeps_from_running() -> None:
    assert failing() == {("B",): "weights", ("C",): "data"}


def test_with_slurm_what_is_not_here_is_left_to_the_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(launch_findings, "check_weights", lambda *_: blocked("weights", "the hub is silent", ""))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "x").touch()
    known = {
        "A": replace(facts(tmp_path / "gone"), data_folders=[str(tmp_path / "gone")]),
        "B": replace(facts(tmp_path / "damaged", "pretrained"), data_folders=[str(tmp_path / "damaged")]),
    }
    monkeypatch.setattr(launch_findings, "ask_trainer", lambda _request: known)
    monkeypatch.setattr(launch_findings, "look_at_dataset", lambda *_: (blocked("data", "damaged", ""), {}))
    request = replace(REQUEST, engine="slurm", experiments=("A", "B"))
    found = [(each.experiments, each.finding) for each in failing_runs(request, set(), lambda _words: None)]
    assert [(who, each.subject, each.blocks) for who, each in found] == [
        (("A",), "data", False),
        (("A",), "weights", False),
        (("B",), "weights", False),
        (("B",), "data", True),
    ]


def test_what_is_checked_is_told() -> None:
    told: list[str] = []
    list(failing_runs(REQUEST, set(), told.append))
    assert told[0] == "checking the flags …"
    assert told[-1] == "checking the data of koniq-10k …"


def test_data_that_were_complete_are_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    complete: set[Hashable] = set()
    failing(complete)
    looked: list[Any] = []
    monkeypatch.setattr(
        launch_findings, "look_at_dataset", lambda need, _: (looked.append(need), (blocked("data", "", ""), {}))[1]
    )
    failing(complete)
    assert [need.folder.name for need in looked] == ["gone"]


def test_data_that_take_long_to_look_at_are_not_said_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(_need: DatasetNeed, seconds: float) -> None:
        raise subprocess.TimeoutExpired("training.dataset_check", seconds)

    monkeypatch.setattr(launch_findings, "look_at_dataset", hang)
    assert failing() == {("B",): "weights"}


def test_without_torch_or_with_refused_flags_all_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert failing() == {("A", "B", "C"): "torch"}

    def refuse(_request: LaunchRequest) -> None:
        raise PlanError("p.toml: B: --lr -1 must be above 0.")

    monkeypatch.setattr(launch_findings, "ask_trainer", refuse)
    assert failing() == {("A", "B", "C"): "flags"}
