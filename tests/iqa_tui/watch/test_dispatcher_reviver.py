"""Why queued runs wait, and a dispatcher that is started again."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.queue.dispatcher_files import dispatcher_log
from iqa_tui.watch.dispatcher_reviver import DispatcherReviver
from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock
from tests.fakes.surveys import one_gpu


def test_if_no_dispatcher_can_be_started_every_run_of_ours_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeRun.queue(tmp_path, "F2")
    queued = [(fake.run, fake.spec)]
    reviver = DispatcherReviver(tmp_path)

    def refused(*_: object) -> int:
        raise OSError(30, "Read-only file system", "/usr/bin/python")

    monkeypatch.setattr("iqa_tui.queue.dispatching.start_detached", refused)
    assert reviver(queued, one_gpu(1))[fake.run.run_id].words.startswith(
        f"no dispatcher can be started: {tmp_path}: Read-only file system; "
    )
    monkeypatch.setattr("iqa_tui.queue.dispatching.start_detached", lambda *_: 0)  # it exits before we look
    said = [reviver(queued, one_gpu(1))[fake.run.run_id].words for _ in range(6)]
    assert ["gets no device" in words for words in said] == [False] * 5 + [True]
    assert f"its dispatcher exits at once, {dispatcher_log(tmp_path)} says why; " in said[-1]


def test_a_run_that_could_start_and_does_not_says_for_how_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRun.queue(tmp_path, "F2")
    dispatching = hold_dispatcher_lock(tmp_path)
    reviver = DispatcherReviver(tmp_path)
    survey = replace(one_gpu(1), default_kind="gpu")

    def said() -> str:
        return reviver([(fake.run, fake.spec)], survey)[fake.run.run_id].words

    assert [said(), said()] == ["starts next on GPU 0"] * 2
    monkeypatch.setattr("iqa_tui.watch.dispatcher_reviver.SLOW_START_SECONDS", 0.0)
    assert said().startswith(
        "starts next on GPU 0, and could have started <1 s ago: its dispatcher waits for the driver"
    )
    os.close(dispatching)
