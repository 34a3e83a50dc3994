"""Which runs and attempts there are, whatever else is put between them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from training.runfolder import layout
from training.runfolder.errors import UnreadableFile
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder


def make_run(path: Path) -> RunFolder:
    path.mkdir()
    run = RunFolder(path)
    run.spec.write_text("{}")
    return run


@pytest.mark.parametrize("name", ["0", "01", "1234567", "-1", "+1", "1_0", "²", "٣", "3 ", "1\n"])
def test_a_folder_that_is_not_named_like_an_attempt_is_none(tmp_path: Path, name: str) -> None:
    run = RunFolder(tmp_path)
    for each in ("2", name):
        run.attempt(1).path.with_name(each).mkdir(parents=True)
    assert [attempt.number for attempt in run.attempts()] == [2]


def test_a_folder_of_attempts_without_end_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MOST_ATTEMPT_ENTRIES", 3)
    run = RunFolder(tmp_path)
    for number in (1, 2, 3):
        run.attempt(number).path.mkdir(parents=True)
    assert len(run.attempts()) == 3
    (run.attempts_dir / "more").touch()
    with pytest.raises(UnreadableFile, match="holds more than 3 entries"):
        run.attempts()


def test_runs_of_any_name_are_listed(tmp_path: Path) -> None:
    names = [b"a\nb", b"\x1b]0;owned\x07", b"x" * 255, b"\xff\xfe", b" ", "損失".encode()]
    for name in names:
        make_run(tmp_path / os.fsdecode(name))
    assert sorted(os.fsencode(run.path.name) for run in list_runs(tmp_path)) == sorted(names)


def test_a_run_whose_spec_is_a_link_to_nothing_is_listed(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    run.spec.unlink()
    run.spec.symlink_to("/nowhere/at/all")
    assert list_runs(tmp_path) == [run]


def test_links_are_followed_up_to_the_folder_of_runs_and_not_below_it(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    make_run(tmp_path / "real" / "a")
    (tmp_path / "runs").symlink_to("real")
    (tmp_path / "real" / "latest").symlink_to("a")
    (tmp_path / "real" / "itself").symlink_to("itself")
    (tmp_path / "real" / "elsewhere").symlink_to("/etc")
    runs = list_runs(tmp_path / "runs")
    assert [(run.run_id, bool(run.trouble)) for run in runs] == [("a", False), ("latest", True)]
