"""Why each queued run waits."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from iqa_tui.devices.device import DeviceState, labels_words
from iqa_tui.devices.fitting import Promises, can_start, may_use
from iqa_tui.devices.survey import Survey
from iqa_tui.monitor.state import RunState
from iqa_tui.processes.full_disk import is_disk_full
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.dispatcher_files import dispatches_as_before, read_trouble
from iqa_tui.queue.order import held_back_by, in_starting_order, trials_before, with_given_priority
from iqa_tui.queue.queued_run import QueuedRun, Waiting
from iqa_tui.slurm.look import Overheard
from iqa_tui.slurm.refusals import refusal_noted
from iqa_tui.slurm.words import never_starts
from iqa_tui.trust.signature import why_not_signed
from iqa_tui.words.people import owner_name
from iqa_tui.words.sizes import gib_words
from iqa_tui.words.waits import Wait, WaitKind
from training.runfolder.engines import SLURM
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record
from training.runfolder.schema import Place
from training.runfolder.slurm_status import gone_in_seconds, job_of
from training.runfolder.spec import Spec
from training.runfolder.tuned import trials_of

HELD = (WaitKind.HELD, WaitKind.HELD_BY_DISPATCHER)


def waits_of(queued: Sequence[QueuedRun], survey: Survey, alive: Sequence[QueuedRun] | None = None) -> dict[str, Wait]:
    """Run id to why it waits.

    Args:
        queued: runs of one folder.
        alive: the living runs of that folder; None: looked up if a strategy depends on them.
    """
    of_slurm = [(run, spec) for run, spec in queued if spec.engine == SLURM]
    queued = [QueuedRun(run, spec) for run, spec in queued if spec.engine != SLURM]
    waits = {run.run_id: wait for run, spec in queued if (wait := _wait_of_its_folder(run, spec))}
    waits |= {run.run_id: _wait_of_slurm(run, spec) for run, spec in of_slurm}
    ordered = in_starting_order([with_given_priority(each) for each in queued if each[0].run_id not in waits])
    held = tuple(each for each in queued if each[0].run_id in waits)
    waiting = Waiting(tuple(ordered), tuple(alive if alive is not None else _alive(queued)), held)
    promises = Promises()
    trouble = read_trouble(ordered[0][0].runs_dir) if ordered else ""
    for run, spec in waiting.queued:
        if trials := trials_before(QueuedRun(run, spec), waiting):
            waits[run.run_id] = _for_trials(spec, trials, waits)
            continue
        before = held_back_by(QueuedRun(run, spec), waiting)
        if before:
            waits[run.run_id] = _behind(spec, before)
            continue
        free = [
            state for state in survey.devices if can_start(spec, state, survey.default_kind, promises.of(state.device))
        ]
        kept = kept_for(run, spec, survey)
        found = [state.device for state in (*kept, *free)][: spec.gpus]
        if len(found) < spec.gpus:
            waits[run.run_id] = _for_a_device(spec, survey, promises, kept)
            continue
        for device in found:
            promises.add(spec, device)
        kind = WaitKind.DISPATCHER_TROUBLE if trouble else WaitKind.STARTS_NEXT
        waits[run.run_id] = Wait(kind, device=labels_words(found), why=trouble)
    return waits


def kept_for(run: RunFolder, spec: Spec, survey: Survey) -> list[DeviceState]:
    """The devices that its dispatcher keeps for a run that waits for more of them."""
    if spec.gpus < 2:
        return []
    ours = run.run_id, str(run.shown.parent)
    return [state for state in survey.devices if any((one.run_id, one.runs_dir) == ours for one in state.holders)]


def _wait_of_slurm(run: RunFolder, spec: Spec) -> Wait:
    """What Slurm says, or why it has not been asked to start the run."""
    if (wait := _wait_of_its_folder(run, spec)) is not None:
        return wait
    try:
        job = job_of(run.latest_attempt())
    except (RunFolderError, OSError):
        job = None
    if job is None:
        refused = refusal_noted(run)
        kind = WaitKind.SLURM_NEVER if refused else WaitKind.SLURM
        return Wait(kind, why=refused or "its job is not submitted yet")
    word = Overheard().word_on(run.run_id, job)
    if not word.is_fresh:
        why = word.silence() if word.cluster else "Slurm has not answered lately"
        return Wait(WaitKind.SLURM, why=f"job {job.job}: {why}")
    if denial := word.denial(job.job):
        why = f"{denial}: lost in {gone_in_seconds(word):.0f} s unless it shows it again"
        return Wait(WaitKind.SLURM, why=why)
    if word.line is not None and never_starts(word.line):
        return Wait(WaitKind.SLURM_NEVER, why=word.why)
    return Wait(WaitKind.SLURM, why=word.why or f"job {job.job}: Slurm does not show it yet")


def _wait_of_its_folder(run: RunFolder, spec: Spec) -> Wait | None:
    """What keeps it from starting on any device; None if nothing does."""
    try:
        place = read_record(run.place, Place)
    except RunFolderError:
        place = None
    if place is not None and place.held and place.why:
        return Wait(WaitKind.HELD_BY_DISPATCHER, why=place.why, group=spec.group)
    if place is not None and place.held:
        return Wait(WaitKind.HELD, user=place.by)
    if is_disk_full(run.path):
        return Wait(WaitKind.DISK_FULL)
    return _wait_for_its_owner(run)


def _wait_for_its_owner(run: RunFolder) -> Wait | None:
    """Only the user who queued a run starts it. Another user's dispatcher cannot be looked at."""
    try:
        owner = run.path.stat().st_uid
        if owner == os.geteuid():
            return _wait_if_closed(run)
        name = owner_name(run.path)
        if dispatches_as_before(run.runs_dir, owner):
            return None
    except (OSError, RunFolderError):  # deleted meanwhile, or no lock: its owner must mend that
        return None
    return Wait(WaitKind.OTHER_USER, user=name)


def _wait_if_closed(run: RunFolder) -> Wait | None:
    """Our own run that may not be started: another user made a part of it, or it was not queued by us here."""
    latest = run.latest_attempt()
    for folder in (run.path, run.attempts_dir, *([latest.path] if latest else [])):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            owner = owner_name(folder)
            why = f"cannot start: {folder} may not be written. Ask its owner, {owner}, to give it to you"
            return Wait(WaitKind.CLOSED, user=owner, why=why)
    unsigned = why_not_signed(run)
    return Wait(WaitKind.NEEDS_ADOPTION, why=unsigned) if unsigned else None


def _for_trials(spec: Spec, trials: Sequence[QueuedRun], waits: Mapping[str, Wait]) -> Wait:
    """Args:
    waits: of the runs that wait for something of their own.
    """
    total = len(trials_of(spec.tune))
    held = sum(run.run_id in waits and waits[run.run_id].kind in HELD for run, _ in trials)
    words = f"{len(trials)} of {total} tuning run{'' if total == 1 else 's'}"
    return Wait(WaitKind.TUNING, group=spec.group, why=words + (f", {held} of them held" if held else ""))


def _alive(queued: Sequence[QueuedRun]) -> Sequence[QueuedRun]:
    if all(spec.strategy == "all" and not spec.tune for _, spec in queued):
        return ()
    return Backlog(queued[0][0].runs_dir).read().alive


def _behind(spec: Spec, before: list[QueuedRun]) -> Wait:
    names = dict.fromkeys(other.experiment or run.run_id for run, other in before)
    kind = WaitKind.SEQUENTIAL if spec.strategy == "sequential" else WaitKind.PRIORITY
    return Wait(kind, names=tuple(names), group=spec.group)


def _for_a_device(spec: Spec, survey: Survey, promises: Promises, kept: Sequence[DeviceState] = ()) -> Wait:
    usable = [state for state in survey.devices if may_use(spec, state.device, survey.default_kind)]
    wanted = _wanted(spec, survey)
    if survey.is_blind:
        return Wait(WaitKind.DRIVER, device=wanted, why=survey.note)
    if len(usable) < spec.gpus:
        there = tuple(state.device.label for state in survey.devices)
        return Wait(WaitKind.NO_DEVICE, device=wanted, names=there, why=survey.note)
    # Other users' processes come first: the user knows the own runs, and a narrow screen cuts the end off.
    usable.sort(key=lambda state: state.holder is not None)
    if kept:
        wanted += f" (has {labels_words([state.device for state in kept])}, waits for {spec.gpus - len(kept)} more)"
        usable = [state for state in usable if state not in kept]
    names = tuple(f"{state.device.label} {_state_words(spec, state, promises)}" for state in usable)
    return Wait(WaitKind.DEVICE, device=wanted, names=names)


def _wanted(spec: Spec, survey: Survey) -> str:
    kind = spec.device_kind or survey.default_kind
    if spec.gpus > 1:
        return f"{spec.gpus} {'GPUs' if kind == 'gpu' else 'CPU slots'} at once"
    if spec.devices is None and kind == "gpu":
        return "a GPU" if spec.vram_bytes is None else f"{gib_words(spec.vram_bytes)} of a GPU"
    if spec.devices is None or spec.devices == ["cpu"]:
        return "a CPU slot"
    labels = [state.device.label for state in survey.devices if may_use(spec, state.device, survey.default_kind)]
    return " or ".join(labels or [f"GPU {name}" if name.isdecimal() else name for name in spec.devices])


def _state_words(spec: Spec, state: DeviceState, promises: Promises) -> str:
    if promises.of(state.device):
        return "goes to a run before it"
    if (
        spec.vram_bytes is None
        or state.left_bytes is None
        or (state.holder and state.holder.reserved_bytes is not None)
    ):
        return state.reason  # of a shared GPU it says what is left
    return f"{state.reason}; {gib_words(state.left_bytes)} left"


def waits_of_states(states: list[RunState], survey: Survey) -> dict[str, Wait]:
    """Run id to why a queued run waits."""
    queued = [QueuedRun(state.run, state.spec) for state in states if state.phase is Phase.QUEUED and state.spec]
    alive = [QueuedRun(state.run, state.spec) for state in states if state.phase.is_alive and state.spec]
    return waits_of(queued, survey, alive)
