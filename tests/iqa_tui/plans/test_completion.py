"""Completing the path of a plan file."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.plans.completion import plan_paths


def test_folders_and_plan_files_that_begin_as_typed_are_offered(tmp_path: Path) -> None:
    for name in ("losses.toml", "loss.txt", "other.toml", ".hidden.toml"):
        (tmp_path / name).touch()
    (tmp_path / "lost").mkdir()
    assert plan_paths(f"{tmp_path}/lo") == [f"{tmp_path}/losses.toml", f"{tmp_path}/lost/"]
    assert plan_paths(f"{tmp_path}/") == [f"{tmp_path}/{name}" for name in ("losses.toml", "lost/", "other.toml")]
    assert plan_paths(f"{tmp_path}/.h") == [f"{tmp_path}/.hidden.toml"]


def test_paths_stay_as_they_are_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert plan_paths("mi") == ["mine.toml"]
    assert plan_paths("~/mi") == ["~/mine.toml"]
    assert plan_paths("~") == ["~/"]


@pytest.mark.parametrize("typed", ["/there/is/no/such/x", "~user-that-there-is-not/x", "a\0b/", "\0"])
def test_what_cannot_be_looked_into_offers_nothing(typed: str) -> None:
    assert plan_paths(typed) == []


def test_a_name_that_would_act_on_the_terminal_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2J.toml").touch()
    assert plan_paths(f"{tmp_path}/") == []
