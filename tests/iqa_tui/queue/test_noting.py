"""What a user notes of a run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.queue import noting
from iqa_tui.queue.noting import archive_run, note_run, unarchive_run
from tests.fakes.run_folders import FakeRun
from tests.fakes.runs import make_run
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import RunNotes


def notes(run: RunFolder) -> RunNotes:
    found = read_record(run.notes, RunNotes)
    assert found is not None
    return found


def test_tags_and_note_are_kept_and_each_tag_once(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    assert note_run(run, [" x ", "y", "x", ""], " the one\x1b[31m to beat ") == "Noted of a."
    kept = notes(run)
    assert kept.tags == ["x", "y"]
    assert "\x1b" not in kept.note
    assert kept.note.startswith("the one")
    assert kept.by
    assert kept.when > 0


def test_fields_of_a_later_version_are_kept(tmp_path: Path) -> None:
    run = FakeRun.queue(tmp_path, "F2").start().finish().run
    run.notes.write_text('{"colour": "blue", "tags": ["x"], "note": "n"}')
    archive_run(run)
    content = json.loads(run.notes.read_text())
    assert (content["colour"], content["tags"], content["note"], content["archived"]) == ("blue", ["x"], "n", True)
    note_run(run, [], "")
    assert json.loads(run.notes.read_text())["archived"] is True
    unarchive_run(run)
    assert notes(run).archived is False


def test_only_a_run_that_is_over_is_archived(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2")
    with pytest.raises(LaunchError, match="is queued: only a run that is over can be archived"):
        archive_run(fake.run)
    held = fake.start().train(10).hold()
    try:
        with pytest.raises(LaunchError, match="is running: only a run that is over can be archived"):
            archive_run(fake.run)
    finally:
        for descriptor in held:
            os.close(descriptor)
    assert not fake.run.notes.exists()


@pytest.mark.parametrize("content", ["[", "[]", '{"tags": 3}', '{"format": 99}'])
def test_damaged_notes_are_never_overwritten(tmp_path: Path, content: str) -> None:
    run = make_run(tmp_path, "a")
    run.notes.write_text(content)
    with pytest.raises(LaunchError, match=r"notes\.json"):
        note_run(run, ["x"], "")
    assert run.notes.read_text() == content


def test_what_is_too_long_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a")
    with pytest.raises(LaunchError, match="20 tags of 40 characters"):
        note_run(run, ["x" * 41], "")
    with pytest.raises(LaunchError, match="20 tags of 40 characters"):
        note_run(run, [str(number) for number in range(21)], "")
    with pytest.raises(LaunchError, match="2,000 characters; this one has 2,001"):
        note_run(run, [], "x" * 2001)
    assert not run.notes.exists()


def test_the_run_of_another_user_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = FakeRun.queue(tmp_path, "F2").start().finish().run
    monkeypatch.setattr(noting.os, "geteuid", lambda: os.getuid() + 1)
    for act in (archive_run, unarchive_run, lambda run: note_run(run, ["x"], "")):
        with pytest.raises(LaunchError, match="'s: only its owner notes something of it"):
            act(run)
    assert not run.notes.exists()
