"""Runs, devices, and why each run waits, as JSON for programs."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.commands.listing import revive
from iqa_tui.commands.terminal import asking_the_driver
from iqa_tui.devices.device import DeviceState
from iqa_tui.devices.survey import Surveyor
from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.monitor.group import by_group, group_progress, starting_next
from iqa_tui.monitor.pace import time_left
from iqa_tui.monitor.run_words import (
    in_plan_order,
)
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.trainer_code import code_note
from iqa_tui.monitor.tuning import trial_values
from iqa_tui.queue.dispatcher_files import is_dispatching
from iqa_tui.queue.waits import waits_of_states
from iqa_tui.words.plain_json import plain_json
from iqa_tui.words.waits import Wait

FORMAT = 1
"""Of the JSON: it grows when a field changes its meaning."""


def print_json(runs_dir: Path) -> int:
    """For programs; fields are only ever added."""
    surveyor = Surveyor()
    surveyor.ask()
    states = Catalog(runs_dir, events=Events.LAST_VALUES).refresh()
    revive(runs_dir, states)
    with asking_the_driver():
        survey = surveyor.survey()
    waits = waits_of_states(states, survey)
    counted = [state for state in states if not state.is_archived]
    content = {
        "format": FORMAT,
        "runs_dir": str(runs_dir.absolute()),
        "dispatching": is_dispatching(runs_dir),
        "runs": [_run_fields(state, waits) for state in states],
        "groups": [_group_fields(members, waits) for members in by_group(in_plan_order(counted)).values()],
        "devices": [_device_fields(state) for state in survey.devices],
        "note": survey.note,
    }
    print(plain_json(content, indent=1))
    return ALL_WELL


def _run_fields(state: RunState, waits: dict[str, Wait]) -> dict[str, Any]:
    now = time.time()
    wait = waits.get(state.run_id)
    return {
        "run_id": state.run_id,
        "plan": state.plan_name,
        "group": state.group,
        "experiment": state.experiment,
        "label": state.label,
        "state": state.phase.value,
        "engine": state.spec.engine if state.spec else None,
        "cause": state.status.cause,
        "supervised": state.status.supervised,
        "attempt": state.status.attempt,
        "host": state.status.host or None,
        "beat_seconds": state.status.beat_seconds,
        "priority": state.priority,
        "held": state.status.held,
        "elsewhere": state.status.elsewhere,
        "exit_kind": state.status.exit_kind.value if state.status.exit_kind else None,
        "devices": list(state.device_keys),
        "device": state.device_label,
        "epoch": state.epoch,
        "epochs": state.epochs,
        "step": state.step,
        "steps_per_epoch": state.steps_per_epoch,
        "loss": state.loss,
        "val_srcc": state.val_srcc,
        "test_srcc": state.test_srcc,
        "elapsed_seconds": state.elapsed_seconds(now),
        "seconds_left": time_left(state, now),
        "waits_for": wait.words if wait else None,
        "job": state.job.job if state.job else None,
        "slurm": _slurm_fields(state),
        "warnings": list(state.warnings),
        "note": state.note,
        "tags": list(state.noted.tags),
        "user_note": state.noted.note,
        "archived": state.is_archived,
        "seed": state.spec.seed if state.spec else None,
        "trial": dict(trial_values(state.spec.trial)) if state.spec and state.is_trial else None,
        "split": state.spec.split if state.spec else None,
        "source_digests": list(state.trainer_digests),
    }


def _slurm_fields(state: RunState) -> dict[str, Any] | None:
    """Slurm's last word on its job; None if it has none."""
    line = state.slurm.line if state.slurm is not None else None
    if state.slurm is None or line is None:
        return None
    told = {name: getattr(line, name) for name in ("state", "reason", "node", "partition", "limit", "left")}
    return {**told, "starts": line.starts, "ends": line.ends, "age_seconds": state.slurm.age_seconds}


def _group_fields(members: list[RunState], waits: dict[str, Wait]) -> dict[str, Any]:
    progress = group_progress(members, time.time(), starting_next(members, waits))
    return {
        **asdict(progress),
        "total": progress.total,
        "words": progress.words,
        "source_digests": sorted({digest for state in members for digest in state.trainer_digests}),
        "note": code_note(members),
    }


def _device_fields(state: DeviceState) -> dict[str, Any]:
    return {
        **asdict(state.device),
        "label": state.device.label,
        "free": state.free,
        "reason": state.reason,
        "holder": asdict(state.holder) if state.holder else None,
        "holders": [asdict(holder) for holder in state.holders],
        "left_bytes": state.left_bytes,
        "sample": asdict(state.sample) if state.sample else None,
    }
