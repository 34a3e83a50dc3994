"""The event file, cut at every byte and written by processes that die."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.golden.make import HERE
from training.runfolder import read
from training.runfolder.read import Event, EventTail
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
    monkeypatch.setattr(read, "LARGEST_POLL_BYTES", 300)
    path = tmp_path / "events.jsonl"
    path.write_bytes(WHOLE)
    tail, kinds = EventTail(path), []
    while events := tail.poll():
        kinds += [event.kind for event in events]
    assert kinds == ["started", "step", "step", "step", "warning"]


def test_a_missing_file_has_no_events(tmp_path: Path) -> None:
    assert events_of(tmp_path / "none" / "events.jsonl") == []


def test_a_full_disk_raises_and_tears_no_later_event(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.jsonl"
    writer = EventWriter(path, attempt=1, clock=lambda: 5.0)
    real = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: real(descriptor, line[:10]))
    with pytest.raises(OSError, match="only 10 of"):
        writer.write("warning", text="one")
    monkeypatch.setattr(os, "write", real)
    writer.write("warning", text="two")
    writer.close()
    assert [event.fields["text"] for event in events_of(path)] == ["two"]
