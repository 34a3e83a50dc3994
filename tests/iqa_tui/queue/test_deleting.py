"""Deleting run folders: only those that are over, whole, and nothing beside them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.queue import deleting, noting
from iqa_tui.queue.deleting import delete_run, folder_bytes, refuse_to_delete
from tests.fakes.run_folders import FakeRun
from tests.fakes.runs import make_run
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock


def finished(runs_dir: Path, experiment: str = "F2") -> RunFolder:
    return FakeRun.queue(runs_dir, experiment).start().train(10).finish().run


def test_a_run_that_is_over_is_deleted_and_no_other(tmp_path: Path) -> None:
    run, other = finished(tmp_path), finished(tmp_path, "F3")
    refuse_to_delete(run)
    assert delete_run(run) == f"{run.run_id} is deleted."
    assert list(tmp_path.iterdir()) == [other.path]


def test_links_in_a_run_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "image.png").write_text("x")
    run = finished(tmp_path / "runs")
    (run.path / "scores").symlink_to(tmp_path / "data")
    delete_run(run)
    assert (tmp_path / "data" / "image.png").exists()
    assert list((tmp_path / "runs").iterdir()) == []


def test_living_and_queued_runs_are_refused(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2")
    with pytest.raises(LaunchError, match="is queued: only a run of this host that is over can be deleted"):
        delete_run(fake.run)
    held = fake.start().train(10).hold()
    try:
        with pytest.raises(LaunchError, match="is running: only a run of this host that is over"):
            delete_run(fake.run)
    finally:
        for descriptor in held:
            os.close(descriptor)
    assert fake.run.spec.exists()


def test_a_run_that_is_just_being_started_is_refused(tmp_path: Path) -> None:
    run = finished(tmp_path)
    held = take_lock(run.supervisor_lock)
    try:
        with pytest.raises(LaunchError, match="has just been started"):
            delete_run(run)
    finally:
        os.close(held)
    assert run.result.exists()


@pytest.mark.parametrize("damage", ["no spec", "no JSON", "no run", "a link"])
def test_what_is_not_known_to_be_a_run_is_refused(tmp_path: Path, damage: str) -> None:
    run = finished(tmp_path)
    if damage == "no spec":
        run.spec.unlink()
    elif damage == "no JSON":
        run.spec.write_text("{")
    elif damage == "a link":
        shutil.move(run.path, tmp_path / "elsewhere")
        run.path.symlink_to(tmp_path / "elsewhere")
    else:
        shutil.rmtree(run.path)
        run.path.mkdir()
        (run.path / "thesis.tex").touch()
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    with pytest.raises(LaunchError):
        delete_run(run)
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


def test_the_run_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished(tmp_path)
    monkeypatch.setattr(noting.os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(LaunchError, match="only its owner deletes it"):
        delete_run(run)
    assert run.result.exists()


def test_a_folder_that_took_the_name_meanwhile_is_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = finished(tmp_path)

    def swapped(path: Path) -> int:
        run.path.rename(tmp_path / "moved")
        (run.path / "thesis").mkdir(parents=True)
        return take_lock(path)

    monkeypatch.setattr(deleting, "take_lock", swapped)
    with pytest.raises(LaunchError, match="another folder has this name by now"):
        delete_run(run)
    assert (run.path / "thesis").is_dir()
    assert (tmp_path / "moved" / "result.json").exists()


def test_its_size_is_that_of_all_its_files(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    before = folder_bytes(run)
    run.checkpoints.mkdir()
    run.best_checkpoint.write_bytes(b"x" * (1 << 20))
    assert folder_bytes(run) - before == pytest.approx(1 << 20, rel=0.1)
