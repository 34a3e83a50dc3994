"""What a user noted of a run, for showing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.noted import note_line, notes_in_common
from iqa_tui.queue.noting import archive_run, note_run
from tests.fakes.run_folders import FakeRun
from training.runfolder.schema import RunNotes


@pytest.mark.parametrize(
    ("notes", "line"),
    [
        (RunNotes(), ""),
        (RunNotes(tags=["a", "b"]), "#a #b"),
        (RunNotes(note="the one to beat", archived=True), "the one to beat · archived"),
    ],
)
def test_notes_in_one_line(notes: RunNotes, line: str) -> None:
    assert note_line(notes) == line


def test_the_catalog_sees_notes_at_once_and_a_living_run_is_not_archived(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start().train(10).finish()
    catalog = Catalog(tmp_path)
    assert not catalog.refresh()[0].is_archived
    note_run(fake.run, ["x"], "y")
    archive_run(fake.run)
    (state,) = catalog.refresh()
    assert (state.noted.tags, state.noted.note, state.is_archived) == (["x"], "y", True)
    fake.run.result.unlink()
    fake.start(attempt=2)
    held = fake.hold()
    try:
        assert not catalog.refresh()[0].is_archived
    finally:
        for descriptor in held:
            os.close(descriptor)


def test_runs_have_the_tags_of_all_and_a_note_if_it_is_the_same() -> None:
    notes = [RunNotes(tags=["b", "a"], note="n"), RunNotes(tags=["a", "b", "c"], note="n")]
    assert notes_in_common(notes) == RunNotes(tags=["b", "a"], note="n")
    assert notes_in_common([*notes, RunNotes(tags=["a"], note="m")]) == RunNotes(tags=["a"])
    assert notes_in_common(notes[:1]) == RunNotes(tags=["b", "a"], note="n")
