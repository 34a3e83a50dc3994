from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.monitor import followed as followed_module
from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.monitor.run_words import recorded_rows
from iqa_tui.monitor.state import RunState
from tests.fakes.run_folders import FakeRun
from tests.trust.damage import KINDS
from training.runfolder import read
from training.runfolder.exits import ExitKind
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec
from training.runfolder.schema import StopRequest
from training.runfolder.text import plain
from training.runfolder.write import write_record


def only(catalog: Catalog) -> RunState:
    (state,) = catalog.refresh()
    return state


def test_no_folder_is_no_runs(tmp_path: Path) -> None:
    assert Catalog(tmp_path / "nowhere").refresh() == []


def test_a_run_is_followed_from_the_queue_to_its_result(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    fake = FakeRun.queue(tmp_path, "F2")
    assert only(catalog).phase is Phase.QUEUED
    held = fake.start(gpu=3).hold()
    starting = only(catalog)
    assert (starting.phase, starting.device_label) == (Phase.STARTING, "GPU 3")
    fake.train(210)
    running = only(catalog)
    assert (running.phase, running.epoch, running.step) == (Phase.RUNNING, 2, 210)
    assert running.val_srcc is not None
    fake.finish(srcc=0.93)
    for descriptor in held:
        os.close(descriptor)
    finished = only(catalog)
    assert (finished.phase, finished.test_srcc) == (Phase.FINISHED, 0.93)
    assert finished.elapsed_seconds(time.time()) == pytest.approx(1.6 * 3600)


def test_a_run_that_did_not_change_keeps_its_very_object(tmp_path: Path) -> None:
    held = FakeRun.queue(tmp_path, "F2").start().train(30).hold()
    FakeRun.queue(tmp_path, "F3").start().train(30).end()
    catalog = Catalog(tmp_path)
    first = catalog.refresh()
    assert all(before is after for before, after in zip(first, catalog.refresh(), strict=True))
    for descriptor in held:
        os.close(descriptor)


def settle(path: Path) -> None:
    """Give every directory below a time stamp that is old enough to be trusted."""
    for folder in [path, *(entry for entry in path.rglob("*") if entry.is_dir())]:
        os.utime(folder, (time.time() - 60, time.time() - 60))


def test_a_settled_run_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    FakeRun.queue(tmp_path, "F3").start().end()
    settle(tmp_path)
    catalog = Catalog(tmp_path)
    only(catalog)  # finds the newest attempt, whose folder the second look watches
    state = only(catalog)
    monkeypatch.setattr(followed_module, "run_status", lambda *_, **__: pytest.fail("read again"))
    assert only(catalog) is state


def test_a_settled_run_that_is_retried_is_seen(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F3").start().end()
    settle(tmp_path)
    catalog = Catalog(tmp_path)
    assert only(catalog).phase is Phase.FAILED
    fake.run.attempt(2).path.mkdir()
    assert only(catalog).phase is Phase.QUEUED
    settle(tmp_path)
    only(catalog)
    held = fake.hold()
    fake.start(gpu=1, attempt=2)
    assert only(catalog).phase is Phase.STARTING
    for descriptor in held:
        os.close(descriptor)


def test_a_living_run_whose_lock_is_freed_is_lost_at_the_next_look(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start()
    held = fake.hold()
    settle(tmp_path)
    catalog = Catalog(tmp_path)
    assert only(catalog).phase is Phase.STARTING
    for descriptor in held:
        os.close(descriptor)
    assert only(catalog).phase is Phase.LOST


def test_a_stop_before_the_start_is_seen(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2")
    settle(tmp_path)
    catalog = Catalog(tmp_path)
    only(catalog)
    write_record(fake.run.stop, StopRequest(by="ann", when=time.time()))
    assert only(catalog).phase is Phase.STOPPED


def test_a_failed_run_carries_its_cause(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start().end(ExitKind.FAILED, "exit 1: no space left")
    assert only(Catalog(tmp_path)).status.cause == "exit 1: no space left"


def test_an_unreadable_spec_is_a_row_that_says_why(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").run.spec.write_text("{")
    state = only(Catalog(tmp_path))
    assert state.phase is Phase.UNREADABLE
    assert "spec.json" in state.status.cause
    assert state.label == state.run_id


def test_a_spec_that_is_mended_is_read_again(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2")
    fake.run.spec.write_text("{")
    catalog = Catalog(tmp_path)
    only(catalog)
    write_record(fake.run.spec, fake.spec)
    assert only(catalog).label == "L2 (MSE)"


def test_a_run_folder_that_is_removed_is_gone(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2")
    catalog = Catalog(tmp_path)
    only(catalog)
    fake.run.spec.unlink()
    assert catalog.refresh() == []


HOSTILE = "x\x1b]52;c;aGk=\x07\ny\u202e"


def texts_of(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    parts = asdict(value).values() if is_dataclass(value) else value.values() if isinstance(value, dict) else value
    return [text for part in parts for text in texts_of(part)] if isinstance(parts, Iterable) else []


def test_what_is_read_for_showing_is_plain_and_the_files_stay_as_they_are(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2", label=HOSTILE, experiment=HOSTILE, group=HOSTILE, argv=["sh", HOSTILE])
    before = fake.run.spec.read_bytes()
    with closing(fake.start().writer()) as writer:
        writer.write("started", source_digest=HOSTILE, epochs=1, steps_per_epoch=1)
        writer.write("warning", text=HOSTILE)
        writer.write("evaluated", epoch=1, split=HOSTILE, metrics={HOSTILE: 0.5})
        writer.write("progress", what=HOSTILE, done=1, total=2)
    fake.end(cause=f"exit 1: {HOSTILE}")
    state = only(Catalog(tmp_path))
    assert state.spec is not None
    shown = replace(state, spec=replace(state.spec, plan={}), run=state.run)
    harmful = [text for text in texts_of(shown) if plain(text) != text]
    assert harmful == []
    assert (state.label, state.status.cause) == (plain(HOSTILE), f"exit 1: {plain(HOSTILE)}")
    assert state.warnings == (plain(HOSTILE),)
    assert fake.run.spec.read_bytes() == before
    assert read_spec(fake.run).argv == ["sh", HOSTILE]


def test_folders_of_hostile_names_are_followed_each_by_itself(tmp_path: Path) -> None:
    for name in ("r a", "r\na", "r\ta", "r\udc80a", "r\x1ba"):
        shutil.copytree(FakeRun.queue(tmp_path / "source", "F2").run.path, tmp_path / "runs" / name)
        shutil.rmtree(tmp_path / "source")
    states = Catalog(tmp_path / "runs").refresh()
    assert len({state.run_id for state in states}) == len({state.run.path for state in states}) == 5
    assert all(plain(state.run_id) == state.run_id and state.run.path.exists() for state in states)


def test_recorded_rows_of_a_plan_are_plain(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", plan={"name": "p", "recorded": [{"id": "F1", "label": HOSTILE, "srcc": 0.9}]})
    (row,) = recorded_rows(Catalog(tmp_path).refresh())
    assert row == {"id": "F1", "label": plain(HOSTILE), "srcc": 0.9}


@pytest.mark.parametrize("kind", ["a pipe", "a folder", "a link to /dev/zero", "a hollow file"])
def test_events_that_cannot_be_read_are_told_and_what_the_records_say_stands(tmp_path: Path, kind: str) -> None:
    fake = FakeRun.queue(tmp_path, "F2").start().end(ExitKind.FAILED, "exit 1: no space left")
    KINDS[kind](fake.run.events)
    state = only(Catalog(tmp_path))
    assert state.phase is Phase.FAILED
    assert state.status.cause.startswith(f"exit 1: no space left; {fake.run.events}: ")
    assert only(Catalog(tmp_path, events=Events.NONE)).status.cause == "exit 1: no space left"


def test_a_link_to_a_run_that_is_replaced_by_a_run_is_read(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path / "elsewhere", "F2")
    link = tmp_path / "runs" / fake.run.run_id
    link.parent.mkdir()
    link.symlink_to(fake.run.path)
    catalog = Catalog(link.parent)
    assert only(catalog).phase is Phase.UNREADABLE
    assert "is a symbolic link" in only(catalog).status.cause
    link.unlink()
    fake.run.path.rename(link)
    assert only(catalog).phase is Phase.QUEUED


def test_the_last_values_are_those_of_a_whole_reading(tmp_path: Path) -> None:
    """Of a run that was resumed, and with evaluations, warnings and codes of both attempts among its steps."""
    fake = FakeRun.queue(tmp_path, "F2").start().train(450)
    fake.attempt = 2
    with closing(fake.start(attempt=2).writer()) as writer:
        writer.write("started", epochs=5, steps_per_epoch=200, source_digest="abc")
        writer.write("resumed", name="last", epoch=2, step=380)
        writer.write("warning", text="a clock was set back")
        for step in range(381, 391):
            writer.write("step", epoch=2, step=step, loss=None if step == 390 else 0.5, lr=1e-5, images_per_second=9.0)
    fake.end()
    whole, last = only(Catalog(tmp_path)), only(Catalog(tmp_path, events=Events.LAST_VALUES))
    assert whole.val_srcc is not None
    assert [each.epoch for each in whole.evaluations] == [1]
    step_curves = {name for name in whole.metrics if "/" not in name}
    curves = {name: curve for name, curve in whole.metrics.items() if name not in step_curves}
    assert last == replace(whole, metrics=curves, last_values={"lr": 1e-5, "images_per_second": 9.0}, is_whole=False)


def test_a_run_whose_disk_fails_keeps_its_last_known_state_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = FakeRun.queue(tmp_path, "F2").start(gpu=3).train(210).hold()
    catalog = Catalog(tmp_path)
    known = only(catalog)

    def fail(path: Path, *_: object) -> bytes:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(read, "read_bounded", fail)
        for _ in range(2):  # the reason stands there once, however often it is looked at
            failing = only(catalog)
            assert (failing.phase, failing.status.attempt, failing.process) == (Phase.RUNNING, 1, known.process)
            assert failing.status.cause.startswith("its last known state; ")
            assert failing.status.cause.endswith("cannot be read (Stale file handle).")
    assert only(catalog).status == known.status
    for descriptor in held:
        os.close(descriptor)
