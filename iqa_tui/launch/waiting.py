"""Why each queued run waits, in words."""

from __future__ import annotations

import os
from collections.abc import Sequence

from iqa_tui.gpus.free import GIB
from iqa_tui.launch.backlog import Backlog, Entry, Waiting, held_back_by, in_starting_order, placed
from iqa_tui.launch.causes import is_disk_full
from iqa_tui.launch.devices import DeviceState, Promises, Survey, can_start, may_use
from iqa_tui.launch.errors import owner_name
from iqa_tui.launch.turn import STARTS_NEXT
from training.runfolder.layout import RunFolder, dispatcher_lock
from training.runfolder.lock import is_held
from training.runfolder.read import read_record
from training.runfolder.schema import Place, RunFolderError, Spec

MOST_REASONS = 4
"""Devices that are named one by one; the rest are counted."""


def waiting_reasons(
    queued: list[tuple[RunFolder, Spec]], survey: Survey, alive: Sequence[Entry] | None = None
) -> dict[str, str]:
    """Run id to what it waits for: `starts next on GPU 1`, `needs a GPU: GPU 3 held by ann, pid 4711 python (…)`.

    Args:
        queued: of one folder of runs.
        alive: runs of that folder that are alive; None: looked up where a strategy asks for it.
    """
    reasons = {run.run_id: words for run, _ in queued if (words := _holder(run))}
    turns = in_starting_order([placed(entry) for entry in queued if entry[0].run_id not in reasons])
    waiting = Waiting(tuple(turns), tuple(alive if alive is not None else _alive(queued)))
    promises = Promises()
    for run, spec in waiting.queued:
        before = held_back_by((run, spec), waiting)
        if before:
            reasons[run.run_id] = _held_back_words(spec, before)
            continue
        free = [
            state for state in survey.devices if can_start(spec, state, survey.default_kind, promises.of(state.device))
        ]
        if free:
            promises.add(spec, free[0].device)
            reasons[run.run_id] = f"{STARTS_NEXT} on {free[0].device.label}"
        else:
            reasons[run.run_id] = _device_words(spec, survey, promises)
    return reasons


def _holder(run: RunFolder) -> str:
    """Whom, rather than what, it waits for; empty where that is nobody."""
    try:
        place = read_record(run.place, Place)
    except RunFolderError:
        place = None
    if place is not None and place.held:
        return f"held by {place.by}; h or `iqa-tui release` lets it start"
    if is_disk_full(run.path):
        return "waits for room: the disk of the runs is full"
    return _owner_words(run)


def _closed_words(run: RunFolder) -> str:
    """Our own run in whose folder we may not write, since somebody else made a part of it; else empty."""
    latest = run.latest_attempt()
    for folder in (run.path, run.attempts_dir, *([latest.path] if latest else [])):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            return f"cannot start: {folder} may not be written. Ask its owner, {owner_name(folder)}, to give it to you"
    return ""


def _owner_words(run: RunFolder) -> str:
    """Only who queued a run starts it; empty where that is us and we can, or their dispatcher is at work."""
    try:
        owner = run.path.stat().st_uid
        if owner == os.geteuid():
            return _closed_words(run)
        name = owner_name(run.path)
        if is_held(dispatcher_lock(run.runs_dir, owner)):
            return ""
    except (OSError, RunFolderError):  # deleted meanwhile, or no lock: that its owner must mend
        return ""
    return f"waits for {name}, who queued it: any iqa-tui command of theirs starts it"


def _alive(queued: list[Entry]) -> Sequence[Entry]:
    if all(spec.strategy == "all" for _, spec in queued):
        return ()
    return Backlog(queued[0][0].runs_dir).read().alive


def _held_back_words(spec: Spec, before: list[Entry]) -> str:
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
    if spec.devices is None and survey.default_kind == "gpu":
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
