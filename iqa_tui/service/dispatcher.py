"""Gives devices to queued runs, one after the other, and ends when nothing waits.

    python -m iqa_tui.service.dispatcher RUNS_DIR

One a user, host and folder of runs, by a lock. Whoever queues a run starts it, and whoever finds runs queued and nobody
dispatching starts it again, so that it may be killed at any time. It decides; supervisors do the work. While runs are
alive it stays, for one that is lost without a fault of its own is queued again.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from iqa_tui.devices.gpus.free import SETTLE_SECONDS
from iqa_tui.devices.survey import Device, DeviceState, Promises, Surveyor, can_start
from iqa_tui.devices.withdrawn import driver_failures
from iqa_tui.errors import LaunchError
from iqa_tui.processes.no_process import is_no_process, no_process_words
from iqa_tui.processes.start import child_environment, gone_words, is_whole, program
from iqa_tui.queue.attempts import MOST_AUTOMATIC, automatic_attempts, queue_again
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.dispatcher_files import dispatcher_log, take_dispatching, write_trouble
from iqa_tui.queue.hold import hold_unasked
from iqa_tui.queue.order import held_back_by
from iqa_tui.queue.queued_run import QueuedRun, Waiting
from iqa_tui.service.orphans import OrphanKeeper
from iqa_tui.service.quick_failures import QuickFailures
from iqa_tui.service.supervisor import (
    EXIT_DEVICE_TAKEN,
    EXIT_NO_LEASE,
    EXIT_NO_PROCESS,
    EXIT_NO_ROOM,
    EXIT_NOT_QUEUED,
)
from iqa_tui.words.states import status_words
from training.runfolder.beat import BeatWatch
from training.runfolder.descriptors import shown_path
from training.runfolder.errors import LockHeld, RunFolderError
from training.runfolder.exits import ExitKind
from training.runfolder.held import hold, hold_folder_of_runs
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.schema import ExitRecord, Spec
from training.runfolder.status import run_status
from training.runfolder.text import plain, speak_leniently
from training.runfolder.write import write_record

POLL_SECONDS = 0.4
SETTLE_VARIABLE = "IQA_TUI_GPU_SETTLE_SECONDS"
"""How long a GPU must look idle before it is taken, for those who know their machine better."""
START_SECONDS = 60.0
"""A supervisor that has not recorded its trainer by then is given up."""
MOST_STARTS = 3
"""Supervisors that may fail to come up before the run is marked as failed."""
TRY_AGAIN_SECONDS = 5.0
"""How long nothing is started after the disk was found full, or no process could be started."""
LONGEST_PAUSE_SECONDS = 60.0
"""The pause doubles up to this while nothing can be started."""
SAY_AGAIN_SECONDS = 600.0
"""How long a trouble that comes again and again is not said again."""
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
        self._keeper = OrphanKeeper(runs_dir, say)
        self._quick_failures = QuickFailures(runs_dir)
        self._log = dispatcher_log(runs_dir)
        self._tries_again = 0.0
        """When runs are started again after one could not be, in seconds of the monotonic clock."""
        self._pause_seconds = TRY_AGAIN_SECONDS
        self.trouble = ""
        """Why nothing can be started now, in words; empty if it can."""
        self._left_alone: dict[str, float] = {}
        """Run id to when it is looked at again, in seconds of the monotonic clock."""

    def step(self) -> bool:
        """Give what is free to what goes first.

        Returns:
            False where nothing waits any more, and nothing is alive that may have to be resumed.

        Raises:
            ProgramGone: this program cannot start another of its own any more.
            LaunchError: the devices cannot be looked at.
        """
        self._collect()
        self._keeper.look()
        waiting = self._hold_what_fails(self._backlog.read())
        for run, _ in waiting.resumable:
            self._unless_left_alone(run, _resume)
        queued = [entry for entry in waiting.queued if entry[0].run_id not in self._starts]
        if not queued and not self._starts:
            self.trouble = ""
        if not queued or time.monotonic() < self._tries_again:
            stays = bool(queued or self._starts or waiting.is_alive_here or waiting.resumable or self._keeper.is_needed)
            if stays:
                self._surveyor.watch()
            return stays
        if not is_whole():  # before the survey, whose own process could not be started either
            raise ProgramGone(gone_words())
        self._give_devices(queued, waiting)
        return True

    def _give_devices(self, queued: list[QueuedRun], waiting: Waiting) -> None:
        survey = self._surveyor.survey()
        promises = Promises()
        for start in self._starts.values():
            promises.add(start.spec, start.device)
        # What is queued again keeps its turn, but is not started before the next look: where the driver failed under
        # it, another run shall have that device first, so that two show whether the device is bad.
        again = (entry for entry in waiting.resumable if not self._is_left_alone(entry[0]))
        waiting = self._with_starts(replace(waiting, queued=(*waiting.queued, *again)))
        failures = {state.device.key: driver_failures(state.device.key) for state in survey.devices}
        for entry in queued:
            if time.monotonic() < self._tries_again:
                break
            if held_back_by(entry, waiting) or self._is_left_alone(entry[0]):
                continue
            for state in _untroubled_first(survey.devices, failures, entry[0]):
                if can_start(entry[1], state, survey.default_kind, promises.of(state.device)):
                    promises.add(entry[1], state.device)
                    self._start(entry, state.device)
                    waiting = self._with_starts(waiting)
                    break

    def _with_starts(self, waiting: Waiting) -> Waiting:
        """Runs that are being started count as alive."""
        starting = tuple(entry for entry in waiting.queued if entry[0].run_id in self._starts)
        queued = tuple(entry for entry in waiting.queued if entry[0].run_id not in self._starts)
        return replace(waiting, queued=queued, alive=(*waiting.alive, *starting))

    def _start(self, entry: QueuedRun, device: Device) -> None:
        run, spec = entry
        try:
            held, folder = hold(run)
        except (OSError, RunFolderError) as error:  # deleted or replaced since it was listed
            self._leave_alone(run, error)
            return
        try:
            process = subprocess.Popen(
                program("iqa_tui.service.supervisor", str(held.path), json.dumps(asdict(device))),
                stdin=subprocess.DEVNULL,
                env=child_environment(),
                start_new_session=True,
                pass_fds=[folder],
            )
        except OSError as error:
            if not is_no_process(error):
                raise
            self._try_again_later(no_process_words(error))
            return
        finally:
            os.close(folder)
        say(f"{run.run_id}: {spec.experiment} {spec.label} goes to {device.label} ({device.name})")
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
                self.trouble, self._pause_seconds = "", TRY_AGAIN_SECONDS
                continue
            if returncode is None:
                if time.monotonic() > start.began + START_SECONDS:
                    start.process.kill()
                continue
            del self._starts[run_id]
            if returncode != 0:
                self._look_into(start, returncode)

    def _look_into(self, start: Start, returncode: int) -> None:
        """What a supervisor says by its exit code that started no trainer."""
        run_id = start.run.run_id
        if returncode in (EXIT_DEVICE_TAKEN, EXIT_NOT_QUEUED):
            say(f"{run_id}: {start.device.label} or the run itself was taken by somebody else")
            if returncode == EXIT_NOT_QUEUED:  # or it would be the first to be started, look by look
                self._left_alone[run_id] = time.monotonic() + TAKEN_SECONDS
        elif returncode == EXIT_NO_ROOM:
            self._try_again_later(f"there is no room on the disk of {start.run.runs_dir}")
        elif returncode == EXIT_NO_PROCESS:
            self._try_again_later(no_process_words(OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))))
        elif returncode == EXIT_NO_LEASE:
            self.trouble = f"the lease of {start.device.label} cannot be taken; {self._log} says why"
            self._left_alone[run_id] = time.monotonic() + TAKEN_SECONDS
        else:
            self._count_failed_start(start.run, returncode)

    def _try_again_later(self, why: str) -> None:
        """Start nothing for a while: no run is to blame, so none is given up."""
        self.trouble = why
        self._tries_again = time.monotonic() + self._pause_seconds
        self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)

    def _hold_what_fails(self, waiting: Waiting) -> Waiting:
        """What waits of a plan whose runs fail as soon as they start is held, or all of it would be burnt."""
        why = self._quick_failures.why_held(waiting)
        held = []
        for run, spec in waiting.queued:
            if spec.group in why and run.run_id not in self._starts and not self._is_left_alone(run):
                try:
                    hold_unasked(run, why[spec.group])
                except LaunchError as error:
                    self._left_alone[run.run_id] = time.monotonic() + LEFT_ALONE_SECONDS
                    say(f"{run.run_id}: {error}")
                    continue
                held.append(QueuedRun(run, spec))
                say(f"{run.run_id}: held: {why[spec.group]}")
        queued = tuple(entry for entry in waiting.queued if entry not in held)
        return replace(waiting, queued=queued, held=(*waiting.held, *held))

    def _count_failed_start(self, run: RunFolder, returncode: int) -> None:
        if not is_whole():
            raise ProgramGone(gone_words())
        self._failed_starts[run.run_id] += 1
        say(f"{run.run_id}: its supervisor ended with code {returncode}")
        if self._failed_starts[run.run_id] >= MOST_STARTS:
            del self._failed_starts[run.run_id]
            cause = f"its supervisor did not come up {MOST_STARTS} times; {self._log} says more"
            self._unless_left_alone(run, partial(_give_up, cause=cause))

    def _unless_left_alone(self, run: RunFolder, action: Callable[[RunFolder], None]) -> None:
        """What cannot be done in one run's folder must not keep the others waiting."""
        if self._is_left_alone(run):
            return
        try:
            action(run)
        except (OSError, RunFolderError) as error:
            self._leave_alone(run, error)

    def _leave_alone(self, run: RunFolder, error: Exception) -> None:
        self._left_alone[run.run_id] = time.monotonic() + LEFT_ALONE_SECONDS
        say(f"{run.run_id}: {error}; it is left alone for {LEFT_ALONE_SECONDS:g} s")

    def _is_left_alone(self, run: RunFolder) -> bool:
        return time.monotonic() < self._left_alone.get(run.run_id, 0.0)


def _untroubled_first(
    devices: Sequence[DeviceState], failures: Mapping[str, frozenset[str]], run: RunFolder
) -> Sequence[DeviceState]:
    """A device whose driver failed under this run before comes last."""
    if not any(failures.values()):
        return devices
    place = str(run.shown)
    return sorted(devices, key=lambda state: place in failures[state.device.key])


def _came_up(run: RunFolder) -> bool:
    """Its supervisor recorded its trainer, whatever became of it since."""
    try:
        attempt = run.latest_attempt()
    except (OSError, RunFolderError):  # a file in a folder's place: no supervisor comes up there
        return False
    return attempt is not None and attempt.process.exists()


def _resume(run: RunFolder) -> None:
    """Queue a run again that ended by no fault of its own."""
    why = status_words(run_status(run))
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


class ProgramGone(LaunchError):
    """We cannot start another program of ours: the environment was moved or removed while we ran."""


def dispatch(runs_dir: Path, surveyor: Surveyor) -> None:
    """Hold our lock of the folder and work until nothing waits. Returns at once if another one of ours has it.

    Raises:
        LaunchError: the user's state folder cannot be used.
        OSError: there is no such folder of runs.
    """
    while True:
        try:
            locks = take_dispatching(runs_dir)
        except LockHeld:
            return
        say(f"works on {runs_dir} as pid {os.getpid()}")
        try:
            _work(Dispatcher(runs_dir, surveyor), Trouble(runs_dir))
        except ProgramGone:  # the next command or app starts another one, with its own Python
            return
        finally:
            for lock in locks:
                os.close(lock)
        # Somebody may have queued a run after our last look and found the lock still held.
        waiting = Backlog(runs_dir, own_only=True).read()
        if not waiting.queued and not waiting.resumable:
            return


class Trouble:
    """Why nothing can be started, told where the rows of the queued runs find it, and once in the log."""

    def __init__(self, runs_dir: Path) -> None:
        self._runs_dir = runs_dir
        self._told: str | None = None
        """None: not yet, and a dispatcher before us may have left something."""
        self._said: dict[str, float] = {}
        """Words to when they were said last, in seconds of the monotonic clock."""

    def is_now(self, words: str) -> None:
        """Empty: all is well."""
        if words == self._told:
            return
        self._told = words
        write_trouble(self._runs_dir, words)
        now = time.monotonic()
        if words and now >= self._said.get(words, -SAY_AGAIN_SECONDS) + SAY_AGAIN_SECONDS:
            self._said[words] = now
            say(f"error: {words}")


def _work(dispatcher: Dispatcher, trouble: Trouble) -> None:
    while True:
        began = time.process_time()
        try:
            goes_on = dispatcher.step()
        except ProgramGone as gone:
            trouble.is_now(str(gone))
            raise
        except (LaunchError, RunFolderError, OSError) as error:  # a full disk, a folder that is being moved: it passes
            trouble.is_now(_words(error))
        else:
            trouble.is_now(dispatcher.trouble)
            if not goes_on:
                return
        time.sleep(max(POLL_SECONDS, REST * (time.process_time() - began)))


def _words(error: Exception) -> str:
    return no_process_words(error) if isinstance(error, OSError) and is_no_process(error) else str(error)


def _settle_seconds() -> float:
    text = os.environ.get(SETTLE_VARIABLE, "")
    try:
        return float(text) if text else SETTLE_SECONDS
    except ValueError:
        say(f"error: {SETTLE_VARIABLE}={text!r} is no number of seconds; {SETTLE_SECONDS:g} are used")
        return SETTLE_SECONDS


def say(words: str) -> None:
    with contextlib.suppress(OSError):  # a full disk: the runs are worth more than the words
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {plain(shown_path(words))}", flush=True)


def main(argv: list[str]) -> int:
    speak_leniently()
    runs_dir = hold_folder_of_runs(Path(argv[0]).absolute())  # renamed, its runs go on and its queue is worked on
    os.chdir("/")  # a file system that somebody wants to unmount must not be kept busy
    settle_seconds = _settle_seconds()
    # Which GPUs a run may use stands in its spec: the mask of whoever started this process is not another's.
    surveyor = Surveyor(settle_seconds=settle_seconds, honour_mask=False, all_cpu_slots=True, records_xids=True)
    try:
        dispatch(runs_dir, surveyor)
    except (LaunchError, OSError) as error:
        say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
