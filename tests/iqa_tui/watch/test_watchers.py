from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.message import Message

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.survey import Survey
from iqa_tui.errors import LaunchError
from iqa_tui.messages import DevicesSurveyed, LogChanged, RunsChanged
from iqa_tui.queue.dispatcher_files import dispatcher_log
from iqa_tui.watch.dispatcher_reviver import DispatcherReviver
from iqa_tui.watch.gpu_watcher import GpuWatcher
from iqa_tui.watch.run_watcher import RunWatcher
from iqa_tui.words.waits import Wait, WaitKind
from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock
from training.runfolder.phase import Phase


class Posted(list[Message]):
    def wait_for(self, wanted: Callable[[Message], bool], seconds: float = 10.0) -> Message:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for message in list(self):
                if wanted(message):
                    return message
            time.sleep(0.01)
        raise AssertionError(f"not posted; there is {list(self)}")


def is_runs(phase: Phase) -> Callable[[Message], bool]:
    return lambda message: isinstance(message, RunsChanged) and any(run.phase is phase for run in message.runs)


def test_runs_are_posted_when_they_change_and_not_otherwise(tmp_path: Path) -> None:
    posted = Posted()
    fake = FakeRun.queue(tmp_path, "F2")
    watcher = RunWatcher(tmp_path, posted.append, period_seconds=0.01)
    watcher.start()
    posted.wait_for(is_runs(Phase.QUEUED))
    assert [spec.experiment for _, spec in watcher.queued()] == ["F2"]
    time.sleep(0.2)
    assert len(posted) == 1
    held = fake.start().hold()
    posted.wait_for(is_runs(Phase.STARTING))
    for descriptor in held:
        os.close(descriptor)
    posted.wait_for(is_runs(Phase.LOST))
    watcher.stop()


def test_the_log_of_the_followed_run_is_posted_whole(tmp_path: Path) -> None:
    posted = Posted()
    fake = FakeRun.queue(tmp_path, "F2").start().print("one\n").end()
    watcher = RunWatcher(tmp_path, posted.append, period_seconds=0.01)
    watcher.follow(fake.run.run_id)
    watcher.start()
    posted.wait_for(lambda message: isinstance(message, LogChanged) and message.text.lines == ("one",))
    fake.print("two\n")
    posted.wait_for(lambda message: isinstance(message, LogChanged) and message.text.lines == ("one", "two"))
    watcher.stop()


def test_a_folder_that_is_a_file_is_no_runs(tmp_path: Path) -> None:
    posted = Posted()
    (tmp_path / "runs").write_text("")
    watcher = RunWatcher(tmp_path / "runs", posted.append, period_seconds=0.01)
    watcher.start()
    message = posted.wait_for(lambda message: isinstance(message, RunsChanged))
    watcher.stop()
    assert isinstance(message, RunsChanged)
    assert message.runs == ()


def test_runs_whose_folder_is_gone_stay_as_they_were_and_it_is_said(tmp_path: Path) -> None:
    posted = Posted()
    runs_dir = tmp_path / "runs"
    FakeRun.queue(runs_dir, "F2")
    watcher = RunWatcher(runs_dir, posted.append, period_seconds=0.01)
    watcher.start()
    posted.wait_for(is_runs(Phase.QUEUED))
    runs_dir.rename(tmp_path / "elsewhere")
    gone = posted.wait_for(lambda message: isinstance(message, RunsChanged) and bool(message.problem))
    assert isinstance(gone, RunsChanged)
    assert (len(gone.runs), gone.problem) == (1, f"the folder is gone: {runs_dir}")
    (tmp_path / "elsewhere").rename(runs_dir)
    posted.wait_for(lambda message: message is posted[-1] and isinstance(message, RunsChanged) and not message.problem)
    watcher.stop()


def gpu(utilisation: int | None) -> Survey:
    sample = GpuSample(0, "GPU-a", "NVIDIA H100", utilisation_percent=utilisation)
    return Survey((DeviceState(Device("GPU-a", "gpu", 0, "NVIDIA H100"), True, "free", sample),), "", time.time())


class FakeSurveyor:
    def __init__(self, answers: list[Survey | LaunchError]) -> None:
        self.answers = answers

    def survey(self) -> Survey:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, LaunchError):
            raise answer
        return answer


def test_every_survey_carries_the_history_and_why_runs_wait() -> None:
    posted, wait = Posted(), Wait(WaitKind.DISK_FULL)
    silent = replace(gpu(30), sampled_at=7.0)  # its driver does not answer: the same sample again
    surveyor = FakeSurveyor([gpu(10), gpu(None), silent, silent])
    watcher = GpuWatcher(lambda: surveyor, lambda _queued, _survey: {"run": wait}, list, posted.append, 0.01)
    watcher.start()
    message = posted.wait_for(
        lambda message: isinstance(message, DevicesSurveyed) and len(message.utilisation["GPU-a"]) >= 5
    )
    watcher.stop()
    assert isinstance(message, DevicesSurveyed)
    assert message.utilisation["GPU-a"][:5] == (10, None, 30, None, None)
    assert message.waiting == {"run": wait}
    assert message.host is not None
    assert message.host.memory_total_bytes > 0


def test_devices_that_cannot_be_looked_at_say_why() -> None:
    posted = Posted()
    surveyor = FakeSurveyor([LaunchError("no folder for leases")])
    watcher = GpuWatcher(lambda: surveyor, lambda _queued, _survey: {}, list, posted.append, 0.01)
    watcher.start()
    message = posted.wait_for(lambda message: isinstance(message, DevicesSurveyed))
    watcher.stop()
    assert isinstance(message, DevicesSurveyed)
    assert message.survey.note == "no folder for leases"


def test_a_folder_that_cannot_be_read_stops_no_look_at_the_devices() -> None:
    def unreadable(_queued: object, _survey: object) -> dict[str, Wait]:
        raise PermissionError(13, "Permission denied")

    posted = Posted()
    watcher = GpuWatcher(lambda: FakeSurveyor([gpu(10)]), unreadable, list, posted.append, 0.01)
    watcher.start()
    posted.wait_for(lambda message: isinstance(message, DevicesSurveyed) and len(message.utilisation["GPU-a"]) >= 3)
    watcher.stop()


def test_if_no_dispatcher_can_be_started_every_run_of_ours_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = FakeRun.queue(tmp_path, "F2")
    queued = [(fake.run, fake.spec)]
    reviver = DispatcherReviver(tmp_path)

    def refused(*_: object) -> int:
        raise OSError(30, "Read-only file system", "/usr/bin/python")

    monkeypatch.setattr("iqa_tui.queue.dispatching.start_detached", refused)
    assert reviver(queued, gpu(1))[fake.run.run_id].words.startswith(
        f"no dispatcher can be started: {tmp_path}: Read-only file system; "
    )
    monkeypatch.setattr("iqa_tui.queue.dispatching.start_detached", lambda *_: 0)  # it exits before we look
    said = [reviver(queued, gpu(1))[fake.run.run_id].words for _ in range(6)]
    assert ["gets no device" in words for words in said] == [False] * 5 + [True]
    assert f"its dispatcher exits at once, {dispatcher_log(tmp_path)} says why; " in said[-1]


def test_a_run_that_could_start_and_does_not_says_for_how_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRun.queue(tmp_path, "F2")
    dispatching = hold_dispatcher_lock(tmp_path)
    reviver = DispatcherReviver(tmp_path)
    survey = replace(gpu(1), default_kind="gpu")

    def said() -> str:
        return reviver([(fake.run, fake.spec)], survey)[fake.run.run_id].words

    assert [said(), said()] == ["starts next on GPU 0"] * 2
    monkeypatch.setattr("iqa_tui.watch.dispatcher_reviver.SLOW_START_SECONDS", 0.0)
    assert said().startswith(
        "starts next on GPU 0, and could have started <1 s ago: its dispatcher waits for the driver"
    )
    os.close(dispatching)


def test_a_driver_that_hangs_does_not_hold_the_watcher_up() -> None:
    entered, release = threading.Event(), threading.Event()

    class Hanging:
        def survey(self) -> Survey:
            entered.set()
            release.wait(30)
            return gpu(1)

    posted = Posted()
    watcher = GpuWatcher(Hanging, lambda _queued, _survey: {}, list, posted.append, 0.01)
    watcher.start()
    assert entered.wait(10)
    watcher.stop()  # returns though the driver does not
    release.set()
    time.sleep(0.1)
    assert posted == []


def test_a_newer_message_replaces_one_of_its_kind_only() -> None:
    assert RunsChanged(()).can_replace(RunsChanged(()))
    assert not RunsChanged(()).can_replace(DevicesSurveyed(gpu(1), None, {}, {}))
