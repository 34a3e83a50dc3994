"""What a launch asks of the devices that were looked at, and of the runs of its folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from iqa_tui.devices.device import DeviceState
from iqa_tui.devices.survey import Survey
from iqa_tui.errors import LaunchError
from iqa_tui.messages import DevicesSurveyed
from iqa_tui.monitor import run_words
from iqa_tui.monitor.colours import colours_of
from iqa_tui.monitor.group_time import run_seconds_left, starts_by_itself, tried_by
from iqa_tui.monitor.state import RunState
from iqa_tui.plans.choice import LaunchChoice
from iqa_tui.plans.forecast import UNKNOWN_HOURS
from iqa_tui.plans.last_launch import last_launch, last_launch_words
from iqa_tui.plans.offered import OfferedDevice, OfferedPartition, asked_of_slurm
from iqa_tui.plans.plan import Plan, load_plan
from iqa_tui.plans.priority import priority_rank
from iqa_tui.plans.simulate import Job
from iqa_tui.plans.timeline import Bar, GoingOn
from iqa_tui.slurm.partitions import Partitions
from iqa_tui.slurm.words import limit_hours
from iqa_tui.words.durations import hours_words

SECONDS_PER_HOUR = 3600.0


def offered_devices(survey: Survey) -> tuple[OfferedDevice, ...]:
    """What a launch asks of the devices that were looked at."""
    return tuple(
        OfferedDevice(
            key=state.device.key,
            label=state.device.label,
            kind=state.device.kind,
            hidden=not state.allowed,
            busy=not state.free,
            withdrawn=state.withdrawn,
            broken=state.sample is not None and bool(state.sample.problem),
            reason="" if state.free else state.reason,
        )
        for state in survey.devices
    )


def with_devices(choice: LaunchChoice, found: DevicesSurveyed, runs: Sequence[RunState], now: float) -> LaunchChoice:
    """The choice, from what was found last.

    Args:
        now: unix seconds.
    """
    return replace(
        choice,
        devices=offered_devices(found.survey),
        device_kind=found.survey.default_kind,
        partitions=offered_partitions(found.slurm),
        going_on=going_on(found.survey, runs, now),
    )


def offered_partitions(slurm: Partitions | None) -> tuple[OfferedPartition, ...]:
    """What Slurm said last of its partitions."""
    return tuple(
        OfferedPartition(
            each.name, each.words, each.is_default, limit_hours(each.limit), each.gpus, each.taken, each.is_open
        )
        for each in (slurm.partitions if slurm is not None else ())
    )


def words_at_cursor(choice: LaunchChoice, survey: Survey, key: str | None) -> tuple[str, list[str]]:
    """Title and lines on the device or partition under the cursor: all that the list has no room for."""
    partition = next((each for each in choice.partitions if each.key == key), None)
    if partition is None:
        return device_words(next((each for each in survey.devices if each.device.key == key), None), survey.note)
    limit = "" if partition.limit_hours is None else f"a job there ends after {hours_words(partition.limit_hours)}"
    try:
        asked = asked_of_slurm(replace(choice, partition_key=partition.key).request())
    except ValueError as error:
        asked = [str(error)]
    lines = ["; ".join(filter(None, (partition.words, limit))), *asked]
    return f"Slurm · {partition.name}", [
        *lines,
        "another device or time: slurm.gres=gpu:2 slurm.time=4:00:00 in the settings",
    ]


def device_words(state: DeviceState | None, note: str) -> tuple[str, list[str]]:
    """Title and lines: all that the list has no room for."""
    if state is None:
        return "Devices", [note]
    return f"{state.device.label} · {state.device.name}", [state.reason, note]


def words_on_last_launch(choice: LaunchChoice, runs: Sequence[RunState], digest: str, now: float) -> str:
    """What differs from the last launch of the chosen plan; empty if there was none, or if nothing can be launched.

    Args:
        digest: of the trainer's code now; empty if it is not known.
        now: unix seconds.
    """
    if choice.plan is None or not choice.ticked:
        return ""
    last = last_launch((state.spec for state in runs if state.spec), choice.plan.name)
    try:
        return last_launch_words(choice.request(), last, digest, now) if last else ""
    except ValueError:
        return ""


def going_on(survey: Survey, runs: Sequence[RunState], now: float) -> GoingOn:
    """The runs that have a device, if it is known when they end, and those that wait for one.

    Args:
        now: unix seconds.
    """
    groups = {state.group for state in runs if state.phase.is_alive or starts_by_itself(state)}
    members = [state for state in runs if state.group in groups]
    looks, names = colours_of(members), run_words.short_names(members)
    by_id = {state.run_id: state for state in members}
    running = {}
    for device in survey.devices:
        holders = [by_id.get(holder.run_id) for holder in device.holders]
        ends = [(run_seconds_left(state, now), state) if state else (None, None) for state in holders]
        known = [(seconds, state) for seconds, state in ends if seconds is not None and state is not None]
        if known and len(known) == len(holders):  # else a run of unknown length has it too
            seconds, state = max(known, key=lambda each: each[0])
            end = seconds / SECONDS_PER_HOUR
            running[device.device.key] = Bar(names[state.run_id], looks[state.run_id], 0.0, end, is_new=False)
    ordered = run_words.in_plan_order(members)
    queued = [state for state in ordered if starts_by_itself(state) and not state.is_of_slurm]
    queued.sort(key=_queue_rank)
    waiting = []
    for state in queued:
        hours = state.spec.expected_hours if state.spec else None
        hours = UNKNOWN_HOURS if hours is None else hours
        job = Job(
            state.run_id,
            hours,
            state.priority,
            after=tried_by(state),
            is_trial=state.is_trial,
            devices=state.spec.gpus if state.spec else 1,
        )
        bar = Bar(names[state.run_id], looks[state.run_id], 0.0, 0.0, is_new=False)
        waiting.append((job, bar))
    return GoingOn(running, tuple(waiting))


def _queue_rank(state: RunState) -> tuple[int, float, bool]:
    return priority_rank(state.priority), state.spec.created if state.spec else 0.0, not state.is_trial


def plan_or_words(name: str) -> Plan | str:
    """The plan of this name or path; what is wrong with it, if it cannot be read."""
    try:
        return load_plan(name)
    except LaunchError as error:
        return str(error)


def likely_plan(runs: Sequence[RunState], plans: Mapping[str, Plan | str]) -> str:
    """That of the newest runs. Without any the demo: a newcomer's first enter launches what runs anywhere."""
    ordered = run_words.in_plan_order(runs)
    likely = ordered[0].plan_name if ordered and ordered[0].plan_name else "demo"
    return next((name for name, plan in plans.items() if isinstance(plan, Plan) and plan.name == likely), "demo")
