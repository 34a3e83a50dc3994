"""Runs, devices, and why each run waits, as text for people."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.commands.terminal import asking_the_driver
from iqa_tui.commands.text_table import columns
from iqa_tui.devices.device import DeviceState
from iqa_tui.devices.survey import Surveyor
from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.monitor.group import by_group, group_progress, starting_next
from iqa_tui.monitor.run_words import (
    epoch_words,
    in_plan_order,
    loss_words,
    priority_words,
    progress_words,
    run_name,
    run_names,
    srcc_words,
    step_words,
    summary_words,
    time_words,
)
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.trainer_code import code_note
from iqa_tui.queue.dispatching import revive_in_words
from iqa_tui.queue.waits import waits_of_states
from iqa_tui.slurm.ask import SlurmError, has_slurm, was_silent_just_now
from iqa_tui.slurm.partitions import ask_partitions
from iqa_tui.words.sizes import GIB, gib_words
from iqa_tui.words.states import by_need, told_state
from iqa_tui.words.waits import Wait
from training.runfolder.exits import ExitKind
from training.runfolder.phase import Phase

SINFO_SECONDS = 5.0
"""How long the partitions are worth waiting for."""


def print_status(runs_dir: Path) -> int:
    """For people."""
    surveyor = Surveyor()
    surveyor.ask()
    states = Catalog(runs_dir, events=Events.NONE).refresh()
    revived = revive(runs_dir, states)
    with asking_the_driver():
        survey = surveyor.survey()
    waits = waits_of_states(states, survey)
    shown = [state for state in states if not state.is_archived]
    archived = len(states) - len(shown)
    if states:
        print(_runs_text(shown, waits))
        if archived:
            print(f"{archived} archived {'run' if archived == 1 else 'runs'} left out; --json lists all.")
    else:
        print(f"No runs in {runs_dir}. `iqa-tui demo` makes five in minutes; `iqa-tui plan` names the plans there are.")
    print("\nDevices")
    print(columns([*map(_device_cells, survey.devices), *_partition_cells(states)]))
    if survey.note:
        print(f"  {survey.note}")
    if revived:
        print(f"\n{revived}")
    return ALL_WELL


def _partition_cells(states: Sequence[RunState]) -> list[list[str]]:
    """What Slurm's partitions have; [] if no run is of Slurm, or if Slurm does not answer: rows of runs say that."""
    if not (any(state.is_of_slurm for state in states) and has_slurm()) or was_silent_just_now():
        return []
    try:
        return [[f"Slurm {each.name}", "", "", "", "", each.words] for each in ask_partitions(SINFO_SECONDS)]
    except SlurmError:
        return []


def _runs_text(states: list[RunState], waits: dict[str, Wait]) -> str:
    """A table a group, the newest group last, where the eye is after a long listing."""
    texts = []
    for group, members in reversed(by_group(in_plan_order(states)).items()):
        progress = group_progress(members, time.time(), starting_next(members, waits))
        lines = [f"{group or _without_group(members)}: {progress.words}"]
        if note := code_note(members):
            lines.append(f"  {note}")
        own = [state for state in members if not state.is_trial]
        lines += [f"  {words}" for words in tuning_lines(members, waits)]
        names = run_names(own)
        cells = [_run_cells(state, names, waits) for state in own]
        texts.append("\n".join([*lines, *([columns(_with_each_reason_once(cells))] if cells else [])]))
    return "\n\n".join(texts)


def tuning_lines(members: list[RunState], waits: dict[str, Wait]) -> list[str]:
    """How far the tuning of a group is: one line, or none without tuning runs."""
    trials = [state for state in members if state.is_trial]
    if not trials:
        return []
    done = sum(state.phase is Phase.FINISHED for state in trials)
    if done == len(trials):
        return [f"tuning: {done} of {done} done"]
    worst = min(trials, key=lambda state: by_need(state.status))
    why = worst.status.cause if worst.phase.ended_without_result else ""
    wait = waits.get(worst.run_id) if worst.phase is Phase.QUEUED else None
    reason = f"; {run_name(worst)}: {why or (wait.words if wait else '')}" if why or wait else ""
    return [f"tuning: {done} of {len(trials)} done, {summary_words(_unfinished(trials)).replace(' · ', ', ')}{reason}"]


def _unfinished(states: list[RunState]) -> list[RunState]:
    return [state for state in states if state.phase is not Phase.FINISHED]


def _without_group(members: list[RunState]) -> str:
    return "started by hand" if any(state.spec for state in members) else "unreadable"


def _with_each_reason_once(rows: list[list[str]]) -> list[list[str]]:
    """What the run above waits for too is not said again: of ten queued runs, nine wait for the same."""
    shown, before = [], ""
    for *cells, reason in rows:
        shown.append([*cells, "as above" if reason and reason == before else reason])
        before = reason
    return shown


def _run_cells(state: RunState, names: dict[str, str], waits: dict[str, Wait]) -> list[str]:
    now = time.time()
    wait = waits.get(state.run_id)
    is_alive = state.phase.is_alive
    srcc = state.test_srcc if state.phase is Phase.FINISHED else state.val_srcc
    split = "test" if state.phase is Phase.FINISHED else "val"
    return [
        names[state.run_id],
        told_state(state.status),
        state.device_label if is_alive else priority_words(state),
        f"epoch {epoch_words(state)}" if is_alive and state.epoch else "",
        f"step {step_words(state)}" if is_alive and state.step else "",
        f"loss {loss_words(state.loss)}" if is_alive and state.loss is not None else "",
        f"{split} SRCC {srcc_words(srcc)}" if srcc is not None else "",
        progress_words(state) or time_words(state, now),
        state.run_id,
        wait.words if wait else state.note,
    ]


def _device_cells(state: DeviceState) -> list[str]:
    sample = state.sample
    memory = load = heat = ""
    if sample is not None and sample.memory_used_bytes is not None and sample.memory_total_bytes is not None:
        memory = f"{sample.memory_used_bytes / GIB:.1f} of {gib_words(sample.memory_total_bytes)}"
    if sample is not None and sample.utilisation_percent is not None:
        load = f"{sample.utilisation_percent}%"
    if sample is not None and sample.temperature_celsius is not None:
        heat = f"{sample.temperature_celsius} °C"
    return [state.device.label, state.device.name, memory, load, heat, state.reason]


def revive(runs_dir: Path, states: list[RunState]) -> str:
    """In words; only if there is something to do, as looking costs as much again as the listing."""
    waits = any(
        state.phase in (Phase.QUEUED, Phase.LOST) or state.status.is_unsure or state.status.exit_kind is ExitKind.DRIVER
        for state in states
    )
    return revive_in_words(runs_dir) if waits else ""
