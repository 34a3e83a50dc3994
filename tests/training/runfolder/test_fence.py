"""A writer whose run another attempt has taken writes nothing more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from training.runfolder.errors import Fenced
from training.runfolder.exits import ExitKind
from training.runfolder.fence import Fence, set_fence
from training.runfolder.layout import RunFolder
from training.runfolder.schema import ExitRecord, Owner
from training.runfolder.write import EventWriter, write_json, write_record, write_record_into

OURS, OTHER = Owner(1, "nodea", "a", 1, "ours"), Owner(2, "nodeb", "b", 2, "other")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[RunFolder]:
    made = RunFolder(tmp_path / "r")
    made.path.mkdir()
    write_record(made.owner, OURS)
    yield made
    set_fence(None)


def test_the_file_is_opened_at_most_once_a_second_unless_it_matters(run: RunFolder) -> None:
    now = [0.0]
    fence = Fence(run, "ours", clock=lambda: now[0])
    fence.check()
    write_record(run.owner, OTHER)
    now[0] += 0.9
    fence.check()
    with pytest.raises(Fenced, match=r"owner\.json: attempt 2 on nodeb has taken over this run"):
        fence.check(fresh=True)
    write_record(run.owner, OURS)
    with pytest.raises(Fenced):  # what was taken is not given back
        fence.check()


@pytest.mark.parametrize("content", [None, b"", b"[1]", b'{"nonce": 7}', b"\xff"])
def test_only_a_new_owner_ends_a_run(run: RunFolder, content: bytes | None) -> None:
    run.owner.unlink()
    if content is not None:
        run.owner.write_bytes(content)
    Fence(run, "ours").check(fresh=True)


def test_every_writer_asks_and_what_was_there_stands(run: RunFolder) -> None:
    events = EventWriter(run.events, 1)
    events.write("step", step=1)
    run.attempts_dir.mkdir()
    run.attempt(1).path.mkdir()
    run.attempt(1).reserve.write_bytes(bytes(100))
    before = run.events.read_bytes()
    write_record(run.owner, OTHER)
    set_fence(Fence(run, "ours"))
    record = ExitRecord(ExitKind.FAILED, "x", 1.0, 1.0)
    for write in (
        lambda: events.write("step", step=2),
        lambda: write_json(run.last_checkpoint, {"step": 2}),
        lambda: write_record(run.attempt(1).exit, record),
        lambda: write_record_into(run.attempt(1).reserve, run.attempt(1).exit, record),
    ):
        with pytest.raises(Fenced):
            write()
    with pytest.raises(Fenced):
        events.close()
    assert run.events.read_bytes() == before
    assert not run.attempt(1).exit.exists()
    assert not run.last_checkpoint.exists()


def test_a_pipe_in_its_place_keeps_no_process_waiting(run: RunFolder) -> None:
    run.owner.unlink()
    os.mkfifo(run.owner)
    Fence(run, "ours").check(fresh=True)
