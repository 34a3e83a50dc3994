"""The plan files that were launched last."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iqa_tui.plans.plan import load_plan, plan_from
from iqa_tui.queue.last_plans import FILE, MOST_PLANS, last_plans, remember_plan
from iqa_tui.trust.state_folder import STATE_VARIABLE

PLAN = 'name = "mine"\n[[experiment]]\nid = "A"\n'


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    return tmp_path / "state"


def launched(folder: Path, name: str, runs_dir: Path) -> str:
    path = folder / name
    path.write_text(PLAN)
    remember_plan(runs_dir, load_plan(str(path)))
    return str(path)


def test_the_plan_that_was_launched_last_comes_first_and_each_once(tmp_path: Path) -> None:
    runs_dir = tmp_path / "runs"
    first, second = launched(tmp_path, "a.toml", runs_dir), launched(tmp_path, "b.toml", runs_dir)
    assert last_plans(runs_dir) == [second, first]
    launched(tmp_path, "a.toml", runs_dir)
    assert last_plans(runs_dir) == [first, second]
    assert last_plans(tmp_path / "other runs") == []


def test_a_relative_path_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.toml").write_text(PLAN)
    remember_plan(Path("runs"), load_plan("a.toml"))
    assert last_plans(tmp_path / "runs") == [str(tmp_path / "a.toml")]


def test_presets_plans_of_runs_and_files_that_are_gone_are_not_listed(tmp_path: Path) -> None:
    remember_plan(tmp_path, load_plan("demo"))
    spec = tmp_path / "spec.json"
    spec.write_text("{}")
    remember_plan(tmp_path, plan_from({"name": "mine", "experiment": [{"id": "A"}]}, str(spec)))
    Path(launched(tmp_path, "a.toml", tmp_path)).unlink()
    assert last_plans(tmp_path) == []


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    paths = [launched(tmp_path, f"{number}.toml", tmp_path) for number in range(MOST_PLANS + 3)]
    assert last_plans(tmp_path) == paths[: -MOST_PLANS - 1 : -1]


@pytest.mark.parametrize("content", ["", "[", "[1]", '{"x": 3}', "null", "[" * 100_000])
def test_a_damaged_list_is_none_and_is_written_anew(tmp_path: Path, state: Path, content: str) -> None:
    state.mkdir()
    (state / FILE).write_text(content)
    assert last_plans(tmp_path) == []
    path = launched(tmp_path, "a.toml", tmp_path)
    assert last_plans(tmp_path) == [path]
    assert json.loads((state / FILE).read_text()) == {str(tmp_path): [path]}


def test_a_state_folder_that_cannot_be_written_costs_no_launch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "file" / "state"))
    launched(tmp_path, "a.toml", tmp_path)
    assert last_plans(tmp_path) == []
