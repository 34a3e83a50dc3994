"""Why each queued run waits, in words."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence

from iqa_tui.devices.gpus.free import GIB
from iqa_tui.devices.survey import DeviceState, Promises, Survey, can_start, may_use
from iqa_tui.plans.priority import STARTS_NEXT
from iqa_tui.processes.full_disk import is_disk_full
from iqa_tui.queue.backlog import Backlog, Waiting, held_back_by, in_starting_order, placed
from iqa_tui.queue.dispatcher_files import dispatches_as_before, read_trouble
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.trust.signature import why_not_signed
from iqa_tui.words.people import owner_name
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Place, RunFolderError, Spec
from training.runfolder.text import plain

MOST_REASONS = 4
"""Devices that are named one by one; the rest are counted."""


def waiting_reasons(
    queued: list[QueuedRun], survey: Survey, alive: Sequence[QueuedRun] | None = None
) -> dict[str, str]:
    """Run id to what it waits for: `starts next on GPU 1`, `needs a GPU: GPU 3 held by ann, pid 4711 python (…)`.

    Args:
        queued: of one folder of runs.
        alive: runs of that folder that are alive; None: looked up where a strategy asks for it.
    """
    reasons = {run.run_id: plain(words) for run, spec in queued if (words := _holder(run, spec))}
    turns = in_starting_order([placed(entry) for entry in queued if entry[0].run_id not in reasons])
    waiting = Waiting(tuple(turns), tuple(alive if alive is not None else _alive(queued)))
    promises = Promises()
    trouble = read_trouble(turns[0][0].runs_dir) if turns else ""
    for run, spec in waiting.queued:
        before = held_back_by(QueuedRun(run, spec), waiting)
        if before:
            reasons[run.run_id] = plain(_held_back_words(spec, before))
            continue
        free = [
            state for state in survey.devices if can_start(spec, state, survey.default_kind, promises.of(state.device))
        ]
        if free:
            promises.add(spec, free[0].device)
            starts = f"{STARTS_NEXT} on {free[0].device.label}"
            reasons[run.run_id] = f"your dispatcher cannot start it: {trouble}" if trouble else starts
        else:
            reasons[run.run_id] = plain(_device_words(spec, survey, promises))
    return reasons


def _holder(run: RunFolder, spec: Spec) -> str:
    """Whom, rather than what, it waits for; empty where that is nobody."""
    try:
        place = read_record(run.place, Place)
    except RunFolderError:
        place = None
    if place is not None and place.held and place.why:
        return f"held: {place.why}; `iqa-tui release --group {shlex.quote(spec.group)}` lets its runs start"
    if place is not None and place.held:
        return f"held by {place.by}; h or `iqa-tui release` lets it start"
    if is_disk_full(run.path):
        return "waits for room: the disk of the runs is full"
    return _owner_words(run)


def _closed_words(run: RunFolder) -> str:
    """Our own run that may not be started: another user made a part of it, or it was not queued by us here."""
    latest = run.latest_attempt()
    for folder in (run.path, run.attempts_dir, *([latest.path] if latest else [])):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            return f"cannot start: {folder} may not be written. Ask its owner, {owner_name(folder)}, to give it to you"
    return why_not_signed(run)


def _owner_words(run: RunFolder) -> str:
    """Only who queued a run starts it, and whether their dispatcher is at work is closed to us; empty if that is us."""
    try:
        owner = run.path.stat().st_uid
        if owner == os.geteuid():
            return _closed_words(run)
        name = owner_name(run.path)
        if dispatches_as_before(run.runs_dir, owner):
            return ""
    except (OSError, RunFolderError):  # deleted meanwhile, or no lock: that its owner must mend
        return ""
    return f"queued by {name}, whose own dispatcher starts it"


def _alive(queued: list[QueuedRun]) -> Sequence[QueuedRun]:
    if all(spec.strategy == "all" for _, spec in queued):
        return ()
    return Backlog(queued[0][0].runs_dir).read().alive


def _held_back_words(spec: Spec, before: list[QueuedRun]) -> str:
    names = ", ".join(dict.fromkeys(other.experiment or run.run_id for run, other in before))
    if spec.strategy == "sequential":
        return f"one at a time: waits for {names}"
    return f"by priority: waits for {names}"


def _device_words(spec: Spec, survey: Survey, promises: Promises) -> str:
    usable = [state for state in survey.devices if may_use(spec, state.device, survey.default_kind)]
    wanted = _wanted(spec, survey)
    if survey.is_blind:
        return f"needs {wanted}. {survey.note}"
    if not usable:
        there = ", ".join(state.device.label for state in survey.devices) or "none"
        return f"needs {wanted}, and this machine has {there}" + (f" ({survey.note})" if survey.note else "")
    # What others hold comes first: of our own runs one knows, and a narrow screen cuts the end off.
    usable.sort(key=lambda state: state.holder is not None)
    reasons = [f"{state.device.label} {_state_words(spec, state, promises)}" for state in usable]
    more = f"; {len(reasons) - MOST_REASONS} more busy" if len(reasons) > MOST_REASONS else ""
    return f"needs {wanted}: {'; '.join(reasons[:MOST_REASONS])}{more}"


def _wanted(spec: Spec, survey: Survey) -> str:
    kind = spec.device_kind or survey.default_kind
    if spec.devices is None and kind == "gpu":
        return "a GPU" if spec.vram_bytes is None else f"{spec.vram_bytes / GIB:.1f} GiB of a GPU"
    if spec.devices is None:
        return "a CPU slot"
    if spec.devices == ["cpu"]:
        return "a CPU slot"
    labels = [state.device.label for state in survey.devices if may_use(spec, state.device, survey.default_kind)]
    return " or ".join(labels or [f"GPU {entry}" if entry.isdecimal() else entry for entry in spec.devices])


def _state_words(spec: Spec, state: DeviceState, promises: Promises) -> str:
    if promises.of(state.device):
        return "goes to a run before it"
    if (
        spec.vram_bytes is None
        or state.left_bytes is None
        or (state.holder and state.holder.reserved_bytes is not None)
    ):
        return state.reason  # of a GPU that is shared it says what is left
    return f"{state.reason}; {state.left_bytes / GIB:.1f} GiB left"
