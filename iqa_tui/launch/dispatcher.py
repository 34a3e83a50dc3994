"""Gives devices to queued runs, one after the other, and ends when nothing waits.

    python -m iqa_tui.launch.dispatcher RUNS_DIR

One a user for a folder of runs, by a lock. Whoever queues a run starts it, and whoever finds runs queued and nobody
dispatching starts it again, so that it may be killed at any time. It decides; supervisors do the work. While runs are
alive it stays, for one that is lost without a fault of its own is queued again.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from iqa_tui.gpus.free import SETTLE_SECONDS
from iqa_tui.launch.backlog import Backlog, Entry, Waiting, held_back_by
from iqa_tui.launch.devices import Device, Promises, Surveyor, can_start
from iqa_tui.launch.errors import LaunchError
from iqa_tui.launch.keeper import Keeper
from iqa_tui.launch.processes import child_environment, program
from iqa_tui.launch.retries import MOST_AUTOMATIC, automatic_attempts, queue_again
from iqa_tui.launch.setaside import driver_failed_under
from iqa_tui.launch.stop import state_words
from iqa_tui.launch.supervisor import EXIT_DEVICE_TAKEN, EXIT_NO_ROOM, EXIT_NOT_QUEUED
from training.runfolder.beat import BeatWatch
from training.runfolder.layout import RunFolder, dispatcher_lock, dispatcher_log
from training.runfolder.lock import take_lock
from training.runfolder.read import run_status
from training.runfolder.schema import ExitKind, ExitRecord, LockHeld, RunFolderError, Spec
from training.runfolder.write import write_record

POLL_SECONDS = 0.4
SETTLE_VARIABLE = "IQA_TUI_GPU_SETTLE_SECONDS"
"""How long a GPU must look idle before it is taken, for those who know their machine better."""
START_SECONDS = 60.0
"""A supervisor that has not recorded its trainer by then is given up."""
MOST_STARTS = 3
"""Supervisors that may fail to come up before the run is marked as failed."""
NO_ROOM_SECONDS = 5.0
"""How long nothing is started after the disk was found full."""
TAKEN_SECONDS = 5.0
"""How long a run is left alone that somebody else has, or had when we looked."""
LEFT_ALONE_SECONDS = 60.0
"""How long a run is left alone in whose folder nothing can be written; the others go on."""
REST = 3.0
"""Pause after a look, in times of what the look took: however many runs there are, it costs a quarter of a core."""


@dataclass(frozen=True, slots=True)
class Start:
    """A supervisor on its way: until it has its lease, this keeps its device from others."""

    run: RunFolder
    spec: Spec
    device: Device
    process: subprocess.Popen[bytes]
    began: float
    """Seconds of the monotonic clock."""


class Dispatcher:
    """For one folder of runs, while we hold its lock."""

    def __init__(self, runs_dir: Path, surveyor: Surveyor) -> None:
        self._backlog = Backlog(runs_dir, own_only=True, beats=BeatWatch())
        self._surveyor = surveyor
        self._starts: dict[str, Start] = {}
        self._supervisors: list[subprocess.Popen[bytes]] = []
        self._failed_starts: Counter[str] = Counter()
        self._keeper = Keeper(runs_dir, say)
        self._room_again = 0.0
        self._left_alone: dict[str, float] = {}
        """Run id to when it is looked at again, in seconds of the monotonic clock."""

    def step(self) -> bool:
        """Give what is free to what goes first.

        Returns:
            False where nothing waits any more, and nothing is alive that may have to be resumed.

        Raises:
            LaunchError: the devices cannot be looked at.
        """
        self._collect()
        self._keeper.look()
        waiting = self._backlog.read()
        for run, _ in waiting.resumable:
            self._unless_left_alone(run, _resume)
        queued = [entry for entry in waiting.queued if entry[0].run_id not in self._starts]
        if not queued or time.monotonic() < self._room_again:
            return bool(queued or self._starts or waiting.is_alive_here or waiting.resumable or self._keeper.is_needed)
        survey = self._surveyor.survey()
        promises = Promises()
        for start in self._starts.values():
            promises.add(start.spec, start.device)
        # What is queued again keeps its turn, but is not started before the next look: where the driver failed under
        # it, another run shall have that device first, so that two show whether the device is bad.
        again = (entry for entry in waiting.resumable if not self._is_left_alone(entry[0]))
        waiting = self._with_starts(replace(waiting, queued=(*waiting.queued, *again)))
        for entry in queued:
            if held_back_by(entry, waiting) or self._is_left_alone(entry[0]):
                continue
            for state in sorted(survey.devices, key=lambda state: driver_failed_under(entry[0], state.device.key)):
                if can_start(entry[1], state, survey.default_kind, promises.of(state.device)):
                    promises.add(entry[1], state.device)
                    self._start(entry, state.device)
                    waiting = self._with_starts(waiting)
                    break
        return True

    def _with_starts(self, waiting: Waiting) -> Waiting:
        """Runs that are being started count as alive."""
        starting = tuple(entry for entry in waiting.queued if entry[0].run_id in self._starts)
        queued = tuple(entry for entry in waiting.queued if entry[0].run_id not in self._starts)
        return replace(waiting, queued=queued, alive=(*waiting.alive, *starting))

    def _start(self, entry: Entry, device: Device) -> None:
        run, spec = entry
        say(f"{run.run_id}: {spec.experiment} {spec.label} goes to {device.label} ({device.name})")
        process = subprocess.Popen(
            program("iqa_tui.launch.supervisor", str(run.path), json.dumps(asdict(device))),
            stdin=subprocess.DEVNULL,
            env=child_environment(),
            start_new_session=True,
        )
        self._starts[run.run_id] = Start(run, spec, device, process, time.monotonic())
        self._supervisors.append(process)

    def _collect(self) -> None:
        """Let go of starts that succeeded, and count those that failed."""
        self._supervisors = [process for process in self._supervisors if process.poll() is None]
        for run_id, start in list(self._starts.items()):
            returncode = start.process.returncode
            if _came_up(start.run):
                del self._starts[run_id]
                self._failed_starts.pop(run_id, None)
                continue
            if returncode is None:
                if time.monotonic() > start.began + START_SECONDS:
                    start.process.kill()
                continue
            del self._starts[run_id]
            if returncode in (EXIT_DEVICE_TAKEN, EXIT_NOT_QUEUED):
                say(f"{run_id}: {start.device.label} or the run itself was taken by somebody else")
                if returncode == EXIT_NOT_QUEUED:  # or it would be the first to be started, look by look
                    self._left_alone[run_id] = time.monotonic() + TAKEN_SECONDS
            elif returncode == EXIT_NO_ROOM:
                say(f"{run_id}: there is no room on the disk of {start.run.runs_dir}; it waits for some")
                self._room_again = time.monotonic() + NO_ROOM_SECONDS
            elif returncode != 0:
                self._count_failed_start(start.run, returncode)

    def _count_failed_start(self, run: RunFolder, returncode: int) -> None:
        self._failed_starts[run.run_id] += 1
        say(f"{run.run_id}: its supervisor ended with code {returncode}")
        if self._failed_starts[run.run_id] >= MOST_STARTS:
            del self._failed_starts[run.run_id]
            log = dispatcher_log(run.runs_dir, os.geteuid())
            cause = f"its supervisor did not come up {MOST_STARTS} times; {log.name} says more"
            self._unless_left_alone(run, partial(_give_up, cause=cause))

    def _unless_left_alone(self, run: RunFolder, action: Callable[[RunFolder], None]) -> None:
        """What cannot be done in one run's folder must not keep the others waiting."""
        if self._is_left_alone(run):
            return
        try:
            action(run)
        except OSError as error:
            self._left_alone[run.run_id] = time.monotonic() + LEFT_ALONE_SECONDS
            say(f"{run.run_id}: {error}; it is left alone for {LEFT_ALONE_SECONDS:g} s")

    def _is_left_alone(self, run: RunFolder) -> bool:
        return time.monotonic() < self._left_alone.get(run.run_id, 0.0)


def _came_up(run: RunFolder) -> bool:
    """Its supervisor recorded its trainer, whatever became of it since."""
    try:
        attempt = run.latest_attempt()
    except OSError:  # a file in a folder's place: no supervisor comes up there
        return False
    return attempt is not None and attempt.process.exists()


def _resume(run: RunFolder) -> None:
    """Queue a run again that ended by no fault of its own."""
    why = state_words(run_status(run))
    queue_again(run, why, automatic=True)
    say(f"{run.run_id}: {why}: queued again, {automatic_attempts(run)} of at most {MOST_AUTOMATIC} times")


def _give_up(run: RunFolder, cause: str) -> None:
    """Say in the run's own folder why it will not be started again, unless somebody has it by now."""
    try:
        lock = take_lock(run.alive_lock)
    except LockHeld:
        return
    try:
        attempt = run.latest_attempt() or run.attempt(1)
        if not attempt.process.exists() and not attempt.exit.exists():
            write_record(attempt.exit, ExitRecord(ExitKind.NOT_STARTED, cause, time.time(), 0.0))
            say(f"{run.run_id}: {cause}")
    finally:
        os.close(lock)


def dispatch(runs_dir: Path, surveyor: Surveyor) -> None:
    """Hold our lock of the folder and work until nothing waits. Returns at once where another one of ours has it."""
    while True:
        try:
            lock = take_lock(dispatcher_lock(runs_dir, os.geteuid()))
        except LockHeld:
            return
        try:
            _work(Dispatcher(runs_dir, surveyor))
        finally:
            os.close(lock)
        # Somebody may have queued a run after our last look and found the lock still held.
        waiting = Backlog(runs_dir, own_only=True).read()
        if not waiting.queued and not waiting.resumable:
            return


def _work(dispatcher: Dispatcher) -> None:
    trouble = ""
    while True:
        began = time.process_time()
        try:
            if not dispatcher.step():
                return
            trouble = ""
        except (LaunchError, RunFolderError, OSError) as error:  # a full disk, a folder that is being moved: it passes
            if str(error) != trouble:
                trouble = str(error)
                say(f"error: {error}")
        time.sleep(max(POLL_SECONDS, REST * (time.process_time() - began)))


def _settle_seconds() -> float:
    text = os.environ.get(SETTLE_VARIABLE, "")
    try:
        return float(text) if text else SETTLE_SECONDS
    except ValueError:
        say(f"error: {SETTLE_VARIABLE}={text!r} is no number of seconds; {SETTLE_SECONDS:g} are used")
        return SETTLE_SECONDS


def say(words: str) -> None:
    with contextlib.suppress(OSError):  # a full disk: the runs are worth more than the words
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {words}", flush=True)


def main(argv: list[str]) -> int:
    runs_dir = Path(argv[0]).absolute()
    os.chdir("/")  # a file system that somebody wants to unmount must not be kept busy
    settle_seconds = _settle_seconds()
    # Which GPUs a run may use stands in its spec: the mask of whoever started this process is not another's.
    dispatch(runs_dir, Surveyor(settle_seconds=settle_seconds, honour_mask=False, all_cpu_slots=True))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
