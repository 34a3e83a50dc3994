"""A thread that surveys the devices every two seconds. A driver that hangs hangs this thread and nothing else.

The thread is a daemon, so that a query that never returns does not keep the program from exiting; meanwhile the last
survey stays on screen with its age.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from iqa_tui.errors import LaunchError
from iqa_tui.messages import DevicesSurveyed, HostLoad
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.slurm.ask import has_slurm
from iqa_tui.slurm.partitions import partitions_overheard
from iqa_tui.words.waits import Wait

if TYPE_CHECKING:  # psutil and NVML are loaded in the thread, after the first paint
    from iqa_tui.devices.survey import Survey

PERIOD_SECONDS = 2.0
DRIVER_PATIENCE_SECONDS = 1.5
"""Then a GPU is said not to answer; the next look asks again."""
HISTORY = 60
"""Samples of utilisation that are kept: two minutes."""

Queued = list[QueuedRun]


class SurveysDevices(Protocol):
    """What `iqa_tui.devices.survey.Surveyor` does."""

    def survey(self) -> Survey: ...


class GpuWatcher:
    """Posts every survey with the host's load, the history of utilisation and what the queued runs wait for."""

    def __init__(
        self,
        make_surveyor: Callable[[], SurveysDevices],
        waits_of: Callable[[Queued, Survey], dict[str, Wait]],
        queued: Callable[[], Queued],
        post: Callable[[Message], object],
        period_seconds: float = PERIOD_SECONDS,
    ) -> None:
        """Args:
        make_surveyor: called in the thread: loading the driver's library may itself hang.
        queued: the runs that wait now.
        post: called in the thread; must be safe there, as `App.post_message` is.
        """
        self._make_surveyor = make_surveyor
        self._waits_of = waits_of
        self._queued = queued
        self._post = post
        self._period_seconds = period_seconds
        self._history: dict[str, deque[float | None]] = {}
        self._sampled_at: float | None = None
        """Of the last survey."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="gpu watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns at once, whatever the driver is doing."""
        self._stopped.set()

    def _watch(self) -> None:
        surveyor = self._make_surveyor()
        import psutil  # noqa: PLC0415  as above

        psutil.cpu_percent(None)
        while not self._stopped.is_set():
            survey = _survey(surveyor)
            waiting = self._waits(survey)
            if self._stopped.is_set():
                return
            history, slurm = self._with_history(survey), partitions_overheard() if has_slurm() else None
            self._post(DevicesSurveyed(survey, _host_load(), history, waiting, slurm))
            self._stopped.wait(self._period_seconds)

    def _waits(self, survey: Survey) -> dict[str, Wait]:
        """Run id to why it waits. If the folder cannot be read, the message about its runs says so."""
        try:
            return self._waits_of(self._queued(), survey)
        except (LaunchError, OSError):
            return {}

    def _with_history(self, survey: Survey) -> dict[str, tuple[float | None, ...]]:
        is_old = survey.sampled_at is not None and survey.sampled_at == self._sampled_at
        self._sampled_at = survey.sampled_at
        for state in survey.devices:
            if state.sample is not None:
                kept = self._history.setdefault(state.device.key, deque(maxlen=HISTORY))
                kept.append(None if is_old else state.sample.utilisation_percent)  # a silent driver leaves a gap
        return {key: tuple(values) for key, values in self._history.items()}


def surveyor_of_this_machine() -> SurveysDevices:
    """For the thread: loading the driver's library may hang."""
    from iqa_tui.devices.survey import Surveyor  # noqa: PLC0415  in the thread, after the first paint

    return Surveyor(settle_seconds=4.0, patience_seconds=DRIVER_PATIENCE_SECONDS)


def _survey(surveyor: SurveysDevices) -> Survey:
    """If the devices cannot be looked at, the note of the survey says why."""
    try:
        return surveyor.survey()
    except (LaunchError, OSError) as error:
        from iqa_tui.devices.survey import Survey  # noqa: PLC0415  as above

        return Survey((), str(error), time.time())


def _host_load() -> HostLoad:
    import psutil  # noqa: PLC0415  as above

    memory = psutil.virtual_memory()
    return HostLoad(psutil.cpu_percent(None), psutil.cpu_count() or 1, memory.total - memory.available, memory.total)
