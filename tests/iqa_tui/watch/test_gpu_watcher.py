"""The thread that surveys the devices."""

from __future__ import annotations

import threading
from dataclasses import replace

from iqa_tui.devices.survey import Survey
from iqa_tui.errors import LaunchError
from iqa_tui.messages import DevicesSurveyed
from iqa_tui.watch.gpu_watcher import GpuWatcher
from iqa_tui.words.waits import Wait, WaitKind
from tests.fakes.posted import Posted
from tests.fakes.surveys import one_gpu


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
    silent = replace(one_gpu(30), sampled_at=7.0)  # its driver does not answer: the same sample again
    surveyor = FakeSurveyor([one_gpu(10), one_gpu(None), silent, silent])
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
    watcher = GpuWatcher(lambda: FakeSurveyor([one_gpu(10)]), unreadable, list, posted.append, 0.01)
    watcher.start()
    posted.wait_for(lambda message: isinstance(message, DevicesSurveyed) and len(message.utilisation["GPU-a"]) >= 3)
    watcher.stop()


def test_a_driver_that_hangs_does_not_hold_the_watcher_up() -> None:
    entered, release = threading.Event(), threading.Event()

    class Hanging:
        def survey(self) -> Survey:
            entered.set()
            release.wait(30)
            return one_gpu(1)

    posted = Posted()
    watcher = GpuWatcher(Hanging, lambda _queued, _survey: {}, list, posted.append, 0.01)
    watcher.start()
    assert entered.wait(10)
    watcher.stop()  # returns though the driver does not
    release.set()
    watcher._thread.join(10)
    assert not watcher._thread.is_alive()
    assert posted == []
