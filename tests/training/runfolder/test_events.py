"""The event file, cut at every byte and written by processes that die."""

from __future__ import annotations

import errno
import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.make import HERE
from tests.trust.damage import KINDS, remove
from training.runfolder import events as reading
from training.runfolder.events import EventTail, has_started, parse_event
from training.runfolder.layout import RunFolder
from training.runfolder.schema import Event
from training.runfolder.write import EventWriter

WHOLE = (HERE / "torn" / "events.jsonl").read_bytes()


def events_of(path: Path) -> list[Event]:
    return EventTail(path).poll()


def complete_lines(content: bytes) -> int:
    return sum(1 for line in content.split(b"\n")[:-1] if line.endswith(b"}"))


def test_a_file_cut_at_any_byte_gives_a_prefix_of_its_events(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(WHOLE)
    whole = events_of(path)
    for cut in range(len(WHOLE) + 1):
        path.write_bytes(WHOLE[:cut])
        events = events_of(path)
        assert events == whole[: len(events)], f"cut at byte {cut}"
        assert len(events) == complete_lines(WHOLE[:cut]), f"cut at byte {cut}"


def test_a_file_cut_at_any_byte_and_written_on_gains_only_the_new_event(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(WHOLE)
    whole = events_of(path)
    for cut in range(len(WHOLE) + 1):
        path.write_bytes(WHOLE[:cut])
        writer = EventWriter(path, attempt=3, clock=lambda: 5.0)
        writer.write("warning", text="back again")
        writer.close()
        events = events_of(path)
        assert events[-1] == Event("warning", 5.0, 3, {"text": "back again"})
        assert all(event in whole for event in events[:-1]), f"cut at byte {cut}"


@given(cuts=st.lists(st.integers(0, len(WHOLE)), max_size=8))
@settings(max_examples=200, deadline=None)
def test_a_tail_that_polls_at_any_moments_reads_every_event_once(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    path.write_bytes(WHOLE)
    whole = events_of(path)
    path.write_bytes(b"")
    tail, seen = EventTail(path), []
    for before, after in zip([0, *sorted(cuts)], [*sorted(cuts), len(WHOLE)], strict=True):
        with path.open("ab") as file:
            file.write(WHOLE[before:after])
        seen += tail.poll()
    assert seen == whole
    assert tail.torn == 1


@given(garbage=st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_at_all_never_raise(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    path = tmp_path_factory.mktemp("events") / "events.jsonl"
    path.write_bytes(garbage + b"\n" + WHOLE)
    tail = EventTail(path)
    assert [event.kind for event in tail.poll()][-5:] == ["started", "step", "step", "step", "warning"]


def test_numbers_that_json_cannot_hold_are_written_as_null(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    writer = EventWriter(path, attempt=1)
    writer.write("evaluated", epoch=1, split="val", metrics={"srcc": math.nan, "all": [math.inf, 1.0]})
    writer.close()
    assert json.loads(path.read_text())["metrics"] == {"srcc": None, "all": [None, 1.0]}


def test_a_file_that_shrank_or_was_replaced_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(WHOLE)
    tail = EventTail(path)
    count = len(tail.poll())
    path.write_bytes(WHOLE[: WHOLE.index(b"\n") + 1])
    assert [event.kind for event in tail.poll()] == ["started"]
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(WHOLE)
    copy.replace(path)
    assert len(tail.poll()) == count
    assert tail.restarted == 2


def test_a_history_longer_than_one_poll_is_read_in_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_POLL_BYTES", 300)
    path = tmp_path / "events.jsonl"
    path.write_bytes(WHOLE)
    tail, kinds = EventTail(path), []
    while events := tail.poll():
        kinds += [event.kind for event in events]
    assert kinds == ["started", "step", "step", "step", "warning"]
    tail, count = EventTail(path), len(EventTail(path).poll())
    assert tail.poll()
    while tail.is_behind:  # as a reader does that asks no more once all was read
        count += len(tail.poll_thinly(300))
    assert count == 5


def test_a_missing_file_has_no_events(tmp_path: Path) -> None:
    assert events_of(tmp_path / "none" / "events.jsonl") == []


@pytest.mark.parametrize("begins_torn", [False, True])
@pytest.mark.parametrize("can_take_back", [True, False])
def test_no_event_is_lost_or_torn_by_a_disk_that_is_full_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begins_torn: bool, can_take_back: bool
) -> None:
    """At every length that the disk may still take of a line, and then nothing, and then everything."""
    line = len(json.dumps({"kind": "warning", "t": 5.0, "attempt": 1, "text": "1"})) + 1
    for room in range(2 * line + 2):
        path = tmp_path / f"{room}.jsonl"
        path.write_bytes(b'{"kind": "torn' if begins_torn else b"")
        writer = EventWriter(path, attempt=1, clock=lambda: 5.0)
        left = [room]

        def write(descriptor: int, content: bytes, left: list[int] = left, real: Any = os.write) -> int:
            if not left[0]:
                raise OSError(errno.ENOSPC, "No space left on device")
            written = real(descriptor, content[: left[0]])
            left[0] -= written
            return written

        with monkeypatch.context() as patched:
            patched.setattr(os, "write", write)
            if not can_take_back:
                patched.setattr(os, "ftruncate", lambda *_: (_ for _ in ()).throw(OSError("read-only")))
            for number in range(3):
                writer.write("warning", text=str(number))
            assert writer.trouble
            tail = EventTail(path)
            tail.poll()
        writer.write("warning", text="3")
        assert not writer.trouble
        writer.close()
        told = [event.fields["text"] for event in events_of(path)]
        if not can_take_back:  # a line that lacked its newline alone is there twice, which readers bear
            told = list(dict.fromkeys(told))
        assert told == ["0", "1", "2", "3"], room
        tail.poll()
        assert tail.torn <= begins_torn + (not can_take_back)
        assert not tail.restarted


@pytest.mark.parametrize(
    "line",
    [
        b"[" * 100_000,
        b'{"kind": "step", "t": 1e999, "attempt": 1}',
        b'{"kind": "step", "t": NaN, "attempt": 1}',
        b'{"kind": "step", "t": ' + b"9" * 400 + b', "attempt": 1}',
        b'{"kind": "step", "t": 253402300800, "attempt": 1}',
        b'{"kind": "step", "t": 1, "attempt": ' + b"9" * 5000 + b"}",
        b'{"kind": "step", "t": 1, "attempt": 1000000}',
        b'{"kind": "step", "t": 1, "attempt": -1}',
        b'{"kind": "step", "t": true, "attempt": 1}',
        b'{"kind": "step", "t": 1, "attempt": true}',
        b'{"kind": ["step"], "t": 1, "attempt": 1}',
        b'{"kind": "warning", "t": 1, "attempt": 1, "text": "\xff"}',
        b'{"kind": "warning", "t": 1, "attempt": 1, "text": "' + b"x" * 70_000 + b'"}',
    ],
)
def test_a_line_that_no_reader_can_use_is_no_event(line: bytes) -> None:
    assert parse_event(line) is None


@pytest.mark.parametrize("kind", ["a pipe", "a socket", "a folder", "a device", "a link to /dev/zero", "a hollow file"])
def test_what_is_no_file_of_events_is_told_and_not_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "events.jsonl"
    KINDS[kind](path)
    tail = EventTail(path)
    assert tail.poll() == []
    assert tail.problem.startswith(f"{path}: ")
    remove(path)
    path.write_bytes(WHOLE)
    assert tail.poll()
    assert not tail.problem


def test_a_file_of_other_lines_is_not_read_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_TORN_LINES", 3)
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"{}\n" * 5 + WHOLE)
    tail = EventTail(path)
    assert tail.poll() == []
    assert tail.torn == 4
    assert tail.poll() == []
    assert tail.problem == f"{path}: more than 3 of its lines are no events."


def test_short_lines_are_taken_in_by_several_polls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_POLL_LINES", 2)
    path = tmp_path / "events.jsonl"
    path.write_bytes(WHOLE)
    tail, kinds = EventTail(path), []
    while events := tail.poll():
        kinds += [event.kind for event in events]
    assert kinds == ["started", "step", "step", "step", "warning"]
    tail, count = EventTail(path), len(EventTail(path).poll())
    assert tail.poll()
    while tail.is_behind:  # as a reader does that asks no more once all was read
        count += len(tail.poll_thinly())
    assert count == 5


def test_of_steps_one_after_another_a_thin_reading_has_the_first_and_the_last(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    writer = EventWriter(path, attempt=1)
    for number in range(1, 31):
        writer.write("step", epoch=1, step=number, loss=0.5)
        if number == 20:
            writer.write("evaluated", epoch=1, split="val", metrics={})
    writer.close()
    lines = path.read_bytes().splitlines(keepends=True)
    lines[0] = lines[20][:-1] + b"x\n"  # torn: the second is the first that can be read
    path.write_bytes(b"".join(lines))
    told = EventTail(path).poll_thinly()
    assert [event.fields.get("step", event.kind) for event in told] == [2, 20, "evaluated", 21, 30]


def test_the_end_of_a_file_begins_with_its_first_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(WHOLE)
    whole = events_of(path)
    for count in range(1, len(WHOLE)):
        tail = EventTail(path)
        tail.skip_to_the_last(count)
        events = tail.poll()
        assert events == whole[len(whole) - len(events) :]
        assert len(events) == complete_lines(WHOLE[-count:].partition(b"\n")[2])


@pytest.mark.parametrize("kind", ["started", "st\\u0061rted"])
def test_whether_an_attempt_started_is_found_in_any_spelling(tmp_path: Path, kind: str) -> None:
    run = RunFolder(tmp_path)
    lines = [
        '{"kind": "step", "t": 5.0, "attempt": 2, "step": 1}\n' * 20,
        f'{{"kind": "{kind}", "t": 5.0, "attempt": 2}}\n',
        '{"kind": "warning", "t": 5.0, "attempt": 1, "text": "started"}\n',
    ]
    run.events.write_text("".join(lines))
    assert [has_started(run, attempt) for attempt in (1, 2, 3)] == [False, True, False]
