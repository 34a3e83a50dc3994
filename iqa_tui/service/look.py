"""One look of the dispatcher: give what is free to what goes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from iqa_tui.devices.device import DeviceState
from iqa_tui.devices.fitting import can_start
from iqa_tui.devices.survey import Surveyor
from iqa_tui.devices.withdrawn import driver_failures
from iqa_tui.errors import LaunchError
from iqa_tui.processes.start import gone_words, is_whole
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.dispatcher_files import dispatcher_log
from iqa_tui.queue.hold import hold_unasked
from iqa_tui.queue.order import held_back_by
from iqa_tui.queue.queued_run import QueuedRun, Waiting
from iqa_tui.service.dispatcher_words import say
from iqa_tui.service.gathering import Gathering
from iqa_tui.service.orphans import OrphanKeeper
from iqa_tui.service.postponed import POSTPONED_SECONDS, Postponed
from iqa_tui.service.quick_failures import QuickFailures
from iqa_tui.service.resuming import resume
from iqa_tui.service.starts import ProgramGone, Starts
from iqa_tui.service.telling import UntoldEnds
from training.runfolder.beat import BeatWatch
from training.runfolder.layout import RunFolder


class Dispatcher:
    """For one folder of runs, while this process holds its lock."""

    def __init__(self, runs_dir: Path, surveyor: Surveyor) -> None:
        self._backlog = Backlog(runs_dir, own_only=True, beats=BeatWatch())
        self._surveyor = surveyor
        self._postponed = Postponed()
        self._starts = Starts(dispatcher_log(runs_dir), self._postponed)
        self._gathering = Gathering(say)
        self._keeper = OrphanKeeper(runs_dir, say)
        self._quick_failures = QuickFailures(runs_dir)
        self._untold = UntoldEnds()

    @property
    def trouble(self) -> str:
        """Why nothing can be started now, in words; empty if it can."""
        return self._starts.trouble

    def step(self) -> bool:
        """Give what is free to what goes first.

        Returns:
            False if nothing waits any more, and nothing is alive that may have to be resumed.

        Raises:
            ProgramGone: this program cannot start another of its own any more.
            LaunchError: the devices cannot be looked at.
        """
        self._starts.collect()
        self._keeper.look()
        waiting = self._hold_what_fails(self._backlog.read())
        self._untold.look(waiting)
        for run, _ in waiting.resumable:
            self._postponed.unless_postponed(run, resume)
        queued = [entry for entry in waiting.queued if entry.run not in self._starts]
        self._gathering.keep_for(queued)
        if not queued and not self._starts:
            self._starts.trouble = ""
        if not queued or self._starts.are_paused:
            stays = bool(queued or self._starts or waiting.is_alive_here or waiting.resumable or self._keeper.is_needed)
            stays = stays or self._untold.is_needed
            if stays:
                self._surveyor.watch()
            return stays
        if not is_whole():  # before the survey, whose own process could not be started either
            raise ProgramGone(gone_words())
        self._give_devices(queued, waiting)
        return True

    def _give_devices(self, queued: list[QueuedRun], waiting: Waiting) -> None:
        survey = self._surveyor.survey()
        promises = self._starts.promises()
        # A run that is queued again keeps its turn, but is not started before the next look: if the driver failed
        # under it, another run shall have that device first, so that two show whether the device is bad.
        again = (entry for entry in waiting.resumable if entry.run not in self._postponed)
        waiting = self._with_starts(replace(waiting, queued=(*waiting.queued, *again)))
        kind, before = survey.default_kind, list[QueuedRun]()  # those that wait, and come before
        failures = {state.device.key: driver_failures(state.device.key) for state in survey.devices}
        for entry in queued:
            if self._starts.are_paused:
                break
            if held_back_by(entry, waiting) or entry.run in self._postponed:
                self._gathering.give_back_of(entry)
                continue
            states = _untroubled_first(survey.devices, failures, entry.run)
            free = [state for state in states if can_start(entry.spec, state, kind, promises.of(state.device))]
            devices = [state.device for state in (*self._gathering.held_for(entry, states), *free)][: entry.spec.gpus]
            if len(devices) < entry.spec.gpus and not self._gathering.gather(entry, states, free, kind, before):
                before.append(entry)
                continue
            for device in devices:
                promises.add(entry.spec, device)
            if len(devices) == entry.spec.gpus:
                devices.sort(key=[state.device for state in survey.devices].index)
                self._starts.start(entry, devices, self._gathering.leases)
                self._gathering.give_back_of(entry)
                waiting = self._with_starts(waiting)
            else:
                before.append(entry)

    def _with_starts(self, waiting: Waiting) -> Waiting:
        """Runs that are being started count as alive."""
        starting = tuple(entry for entry in waiting.queued if entry.run in self._starts)
        queued = tuple(entry for entry in waiting.queued if entry.run not in self._starts)
        return replace(waiting, queued=queued, alive=(*waiting.alive, *starting))

    def _hold_what_fails(self, waiting: Waiting) -> Waiting:
        """Hold the waiting runs of a plan whose runs fail as soon as they start, or all of them would fail."""
        why = self._quick_failures.why_held(waiting)
        held = []
        for run, spec in waiting.queued:
            if spec.group in why and run not in self._starts and run not in self._postponed:
                try:
                    hold_unasked(run, why[spec.group])
                except LaunchError as error:
                    self._postponed.add(run, POSTPONED_SECONDS)
                    say(f"{run.run_id}: {error}")
                    continue
                held.append(QueuedRun(run, spec))
                say(f"{run.run_id}: held: {why[spec.group]}")
        queued = tuple(entry for entry in waiting.queued if entry not in held)
        return replace(waiting, queued=queued, held=(*waiting.held, *held))


def _untroubled_first(
    devices: Sequence[DeviceState], failures: Mapping[str, frozenset[str]], run: RunFolder
) -> Sequence[DeviceState]:
    """A device whose driver failed under this run before comes last."""
    if not any(failures.values()):
        return devices
    place = str(run.shown)
    return sorted(devices, key=lambda state: place in failures[state.device.key])
