"""Run folders that an earlier version wrote, without signatures and beats: they open, export, and are asked once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.queue.adopt import adoption_of
from iqa_tui.queue.backlog import Backlog
from iqa_tui.results.export import render
from iqa_tui.results.table import build_table
from training.runfolder.phase import Phase

BEFORE = Path(__file__).parents[1] / "golden" / "before"


@pytest.fixture
def runs_dir(tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(BEFORE, tmp_path / "runs"))
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def test_they_open_and_export_and_what_is_queued_waits_to_be_adopted(runs_dir: Path) -> None:
    states = {state.run_id: state for state in Catalog(runs_dir).refresh()}
    assert states["finished"].phase is Phase.FINISHED
    assert states["queued"].phase is Phase.QUEUED
    assert states["queued"].status.elsewhere
    waiting = Backlog(runs_dir, own_only=True).read()
    assert (waiting.queued, waiting.resumable) == ((), ())
    assert adoption_of(states["queued"].run).why == "it was not queued by this program on this host"
    (group,) = {state.group for state in states.values()}
    assert "0.93" in render(build_table(runs_dir, group), "csv")
