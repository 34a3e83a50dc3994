"""One bad file is one unreadable row that says why, whatever kind of file it is and whatever stands in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.golden.make import GOLDEN, HERE
from tests.trust.damage import KINDS
from training.runfolder.errors import UnreadableFile
from training.runfolder.events import EventTail
from training.runfolder.exits import ExitKind
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_json, read_record, read_shown_notes, read_spec
from training.runfolder.schema import ExitRecord, RunNotes
from training.runfolder.spec import Spec
from training.runfolder.status import run_status
from training.runfolder.write import write_json

STRANGE = sorted(name for name in KINDS if name not in ("absent", "closed", "an empty file", "1 MiB of newlines"))
"""Each may stand where a record is expected."""
NO_FILES = [name for name in STRANGE if name.startswith(("a pipe", "a socket", "a folder", "a device", "a link"))]


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    for name in GOLDEN:
        shutil.copytree(HERE / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("finished", lambda run: run.spec),
        ("finished", lambda run: run.result),
        ("failed", lambda run: run.attempt(1).exit),
        ("lost", lambda run: run.attempt(1).process),
        ("held", lambda run: run.place),
        ("resumed", lambda run: run.attempt(2).retry),
    ],
)
def test_a_record_that_is_none_makes_its_run_unreadable_by_name(
    golden: Path, kind: str, name: str, file: Callable[[RunFolder], Path]
) -> None:
    run = RunFolder(golden / name)
    KINDS[kind](file(run))
    status = run_status(run)
    assert status.phase is Phase.UNREADABLE
    assert str(file(run)) in status.cause
    assert len(list_runs(golden)) == len(GOLDEN)


@pytest.mark.parametrize("kind", NO_FILES)
def test_a_request_to_stop_that_is_none_is_told_and_not_passed_over(golden: Path, kind: str) -> None:
    run = RunFolder(golden / "queued")
    KINDS[kind](run.stop)
    assert str(run.stop) in run_status(run).cause


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("name", ["alive.lock", "supervisor.lock"])
def test_a_lock_that_is_none_makes_a_queued_run_unreadable(golden: Path, kind: str, name: str) -> None:
    run = RunFolder(golden / "queued")
    KINDS[kind](run.path / name)
    status = run_status(run)
    assert status.phase is Phase.UNREADABLE
    assert str(run.path / name) in status.cause


@pytest.mark.parametrize("kind", [name for name in NO_FILES if name != "a folder"])
@pytest.mark.parametrize("name", ["attempts", "attempts/1"])
def test_attempts_that_are_no_folders_make_their_run_unreadable(golden: Path, kind: str, name: str) -> None:
    run = RunFolder(golden / "failed")
    KINDS[kind](run.path / name)
    status = run_status(run)
    assert status.phase is Phase.UNREADABLE
    assert f"{run.path / name}: is no folder, or a link to one" in status.cause


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"a": 1, "a": 2}', "'a' stands in it twice"),
        (b'{"a": NaN}', "NaN is no number in JSON"),
        (b'{"a": -Infinity}', "-Infinity is no number in JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number in it has too many digits"),
        (b"[" * 100_000, "lists or tables in it are nested too deeply"),
        (b'{"a":' * 100_000, "lists or tables in it are nested too deeply"),
        (b'{"a": "\xe9"}', "is no text in UTF-8, from byte 7 on"),
        ('{"a": 1}'.encode("utf-16"), "is no text in UTF-8"),
        (b'{"a": "\xed\xa0\x80"}', "is no text in UTF-8"),
        (b'{"a": "\0"}', "Invalid control character"),
        (b'{"a": "' + b"x" * 300_000 + b'"}', "a text in it is longer than 262,144 characters"),
        (b"3", "holds a int, not an object"),
        (b'{"format": "x"}', "format is 'x', but must be a whole number"),
        (b'{"format": true}', "format is True, but must be a whole number"),
        (b"", "Expecting value"),
    ],
)
def test_what_is_no_json_object_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile) as error:
        read_json(path)
    assert str(error.value).startswith(f"{path}: ")
    assert words in str(error.value)


def test_half_a_character_harms_no_output(golden: Path) -> None:
    run = RunFolder(golden / "queued")
    run.spec.write_text(run.spec.read_text().replace('"L2 (MSE)"', '"L2 \\ud800"'))
    assert read_spec(run).label.encode() == b"L2 \\ud800"
    run.events.write_text('{"kind": "warning", "t": 1, "attempt": 1, "text": "\\udfff"}\n')
    assert EventTail(run.events).poll()[0].fields["text"] == "\\udfff"


def test_a_byte_order_mark_of_an_editor_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(path) == {"a": 1}


def test_a_value_of_the_wrong_type_names_file_field_and_value(golden: Path) -> None:
    run = RunFolder(golden / "queued")
    run.spec.write_text(run.spec.read_text().replace('"label": "L2 (MSE)"', '"label": ["L2"]'))
    with pytest.raises(UnreadableFile, match=r"queued/spec\.json: label is \['L2'\], but must be a text\. Mend it"):
        read_record(run.spec, Spec)


def test_an_end_of_a_kind_that_a_later_version_knows_is_a_failure(golden: Path) -> None:
    path = RunFolder(golden / "failed").attempt(1).exit
    write_json(path, {"kind": "struck by lightning", "cause": "x", "ended": 1.0, "elapsed_seconds": 1.0})
    record = read_record(path, ExitRecord)
    assert record is not None
    assert record.kind is ExitKind.FAILED


def test_nothing_is_read_in_a_link_to_a_run_and_its_row_says_why(golden: Path) -> None:
    (golden / "linked").symlink_to(golden / "finished")
    (run,) = (run for run in list_runs(golden) if run.run_id == "linked")
    status = run_status(run)
    assert status.phase is Phase.UNREADABLE
    assert status.cause.startswith(f"{golden / 'linked'}: is a symbolic link. Name the folder")
    with pytest.raises(UnreadableFile, match="is a symbolic link"):
        read_spec(run)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_a_record_that_is_closed_to_us_says_whom_to_ask(golden: Path) -> None:
    run = RunFolder(golden / "queued")
    for folder in (golden, *golden.parents[:3]):
        folder.chmod(0o755)
    run.spec.chmod(0)
    os.seteuid(65534)
    try:
        assert run_status(run).cause == f"{run.spec}: may not be read by you. Ask its owner."
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("kind", STRANGE)
def test_damaged_notes_are_none_and_make_no_run_unreadable(golden: Path, kind: str) -> None:
    run = RunFolder(golden / "finished")
    KINDS[kind](run.notes)
    assert read_shown_notes(run) == RunNotes()
    assert run_status(run).phase is Phase.FINISHED


def test_notes_are_shown_plain(golden: Path) -> None:
    run = RunFolder(golden / "finished")
    assert read_shown_notes(run) == RunNotes()
    run.notes.write_text('{"note": "a\\u001b[31mb", "tags": ["x"], "colour": "blue"}')
    notes = read_shown_notes(run)
    assert "\x1b" not in notes.note
    assert notes.tags == ["x"]
