"""One look at a folder of runs, without their events."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.monitor.listing import read_runs, specs_in
from tests.fakes.run_folders import FakeRun
from training.runfolder.phase import Phase


def test_a_listing_has_every_run_with_a_spec_and_its_result(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2")
    FakeRun.queue(tmp_path, "F3").start().finish(srcc=0.9)
    FakeRun.queue(tmp_path, "F4", group="another")
    runs = {each.experiment: each for each in read_runs(tmp_path)}
    assert {name: each.phase for name, each in runs.items()} == {
        "F2": Phase.QUEUED,
        "F3": Phase.FINISHED,
        "F4": Phase.QUEUED,
    }
    assert runs["F2"].result is None
    assert runs["F3"].result is not None
    assert runs["F3"].result.metrics["test"]["srcc"] == 0.9
    assert [each.experiment for each in read_runs(tmp_path, "another")] == ["F4"]


def test_a_spec_that_cannot_be_read_is_no_run_and_hides_none(tmp_path: Path) -> None:
    broken = FakeRun.queue(tmp_path, "F1").run
    broken.spec.write_text("{")
    FakeRun.queue(tmp_path, "F2")
    assert [each.experiment for each in read_runs(tmp_path)] == ["F2"]
    assert [run.run_id for run, spec in specs_in(tmp_path) if spec is None] == [broken.run_id]
    assert read_runs(tmp_path / "absent") == []
