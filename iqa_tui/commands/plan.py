"""`iqa-tui plan PLAN`: what would run where, how long it takes, and the exact commands."""

from __future__ import annotations

import argparse

from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.commands.launching import request_of
from iqa_tui.commands.terminal import asking_the_driver
from iqa_tui.commands.text_table import columns
from iqa_tui.devices.survey import Surveyor
from iqa_tui.doctor.not_here import lines_on
from iqa_tui.monitor.environments import difference_lines, differing_variables, environments_of
from iqa_tui.plans.flags import command_for, group_name, shell_words, trial_text
from iqa_tui.plans.forecast import UNKNOWN_HOURS, Fleet, jobs_of
from iqa_tui.plans.plan import load_plan, preset_names
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.scoring import words_at_once
from iqa_tui.plans.simulate import STRATEGIES, Job, schedule
from iqa_tui.queue.check import check
from iqa_tui.queue.expected_starts import expected_starts
from iqa_tui.slurm.options import sbatch_flags
from iqa_tui.words.durations import hours_words
from training.runfolder.text import plain

STRATEGY_WORDS = {"all": "all at once", "sequential": "one at a time", "priority": "by priority"}


def run(options: argparse.Namespace) -> int:
    if options.plan is None:
        plans = [load_plan(name) for name in preset_names()]
        print("Plans that come with the program (or give a TOML file of your own):")
        print(columns([[plan.name, plan.title] for plan in plans]))
        return ALL_WELL
    request = request_of(options)
    if options.environment:
        return _print_environments(request)
    facts = check(request)
    if request.is_slurm:
        _print_jobs(request)
        print("".join(f"\n{line}" for line in lines_on(facts)))
        _print_commands(request)
        return ALL_WELL
    _print_forecast(request, options.gpus)
    if words := _power_words(request):
        print(f"{words[0].upper()}{words[1:]}.")
    _print_commands(request)
    return ALL_WELL


def _print_forecast(request: LaunchRequest, gpus: int | None) -> None:
    fleet, kind = _fleet(gpus)
    jobs = jobs_of(request)
    print(f"{request.plan.name}: {plain(request.plan.title)}\n")
    print(_schedule_text(request, jobs, fleet, kind))
    for strategy in STRATEGIES:
        if strategy != request.strategy:
            total = hours_words(schedule(jobs, len(fleet.devices), strategy).total_hours)
            print(f"{STRATEGY_WORDS[strategy][0].upper()}{STRATEGY_WORDS[strategy][1:]} it would take {total}.")
    if request.plan.tune is not None:
        print(_tuning_words(request, jobs))
    unknown = [experiment.id for experiment in request.chosen() if experiment.expected_hours is None]
    if unknown:
        print(f"The plan does not say how long {', '.join(unknown)} takes: each is counted as {UNKNOWN_HOURS:g} h.")
    if kind != "GPU" and not request.plan.demo:
        print("The hours are the plan's, for a GPU: on a CPU it takes far longer.")


def _print_jobs(request: LaunchRequest) -> None:
    """Slurm decides when a job starts, so there are hours of work and no end."""
    jobs = jobs_of(request)
    print(f"{request.plan.name}: {plain(request.plan.title)}\n")
    hours = hours_words(sum(job.hours for job in jobs))
    print(f"{len(jobs)} jobs of Slurm: {hours} of work. When each of them starts is Slurm's to say.")
    for line in expected_starts(request):
        print(f"{line[0].upper()}{line[1:]}.")
    print()
    rows = [["run", "", "priority", "hours", "asks of Slurm"]]
    by_id = {experiment.id: experiment for experiment in request.chosen()}
    for job in jobs:
        experiment = by_id[job.id.partition(" ")[0]]
        flags = shell_words(sbatch_flags(request.slurm_options(experiment)))
        rows.append([job.id, experiment.label, job.priority, hours_words(job.hours), plain(flags)])
    print(columns(rows))


def _print_commands(request: LaunchRequest) -> None:
    print("\nCommands")
    for experiment, values, (seed, split) in request.trials():
        command = command_for(request.plan, experiment, request.overrides, seed, split, values)
        print(f"  {experiment.id} {plain(trial_text(values))}: {plain(shell_words(command))}")
    for experiment in request.chosen():
        for seed, split in request.repetitions():
            command = command_for(request.plan, experiment, request.overrides, seed, split)
            print(f"  {experiment.id}: {plain(shell_words(command))}")


def _tuning_words(request: LaunchRequest, jobs: list[Job]) -> str:
    """`Tuning takes 32 min of 44 min on devices. It tries lr 5e-5, 1e-4.`"""
    tuning, whole = (sum(job.hours for job in some) for some in ([job for job in jobs if job.is_trial], jobs))
    tried = plain(request.plan.tune.words) if request.plan.tune is not None else ""
    return f"Tuning takes {hours_words(tuning)} of {hours_words(whole)} on devices. It tries {tried}."


def _power_words(request: LaunchRequest) -> str:
    """Which differences the launch can show; empty if there is nothing to say."""
    if (known := words_at_once(request)) is not None:
        return known
    from iqa_tui.results.power import power_of  # noqa: PLC0415  it loads scipy, which a plan of one seed needs not

    try:
        return plain(power_of(request).words)
    except OSError as error:
        return plain(f"which differences it can show is not known: {error}")


def _print_environments(request: LaunchRequest) -> int:
    group = group_name(request.plan, request.overrides)
    environments, closed = environments_of(request.runs_dir, group)
    differing = differing_variables(environments)
    count = f"{len(environments)} run{'' if len(environments) == 1 else 's'}"
    if differing:
        print(f"{group}: the environments of {count} differ in:")
        print("\n".join(difference_lines(differing)))
    else:
        print(f"{group}: the environments of {count} do not differ.")
    if closed:
        print(f"Not known: {', '.join(closed)} (another user's, or launched by an earlier version).")
    return ALL_WELL


def _fleet(gpus: int | None) -> tuple[Fleet, str]:
    """The devices that the runs may have, and what they are called."""
    if gpus is not None:
        return Fleet(tuple(f"GPU {number}" for number in range(gpus))), "GPU"
    with asking_the_driver():
        survey = Surveyor().survey()
    there = [
        state
        for state in survey.devices
        if state.allowed and not state.withdrawn and state.device.kind == survey.default_kind
    ]
    kind = "CPU slot" if survey.default_kind == "cpu" else "GPU"
    free = tuple(state.device.label for state in there if state.free)
    busy = tuple(state.device.label for state in there if not state.free)
    return Fleet(free, busy if there else (f"a {kind}",)), kind


def _schedule_text(request: LaunchRequest, jobs: list[Job], fleet: Fleet, kind: str) -> str:
    devices = len(fleet.devices)
    placed = schedule(jobs, devices, request.strategy)
    by_id = {job.id: job for job in jobs}
    labels = {experiment.id: experiment.label for experiment in request.chosen()}
    rows = [["run", "", "priority", "on", "from", "to"]]
    on: dict[str, list[str]] = {}
    for placement in placed.placements:
        on.setdefault(placement.job_id, []).append(fleet.devices[placement.device])
    for placement in {placement.job_id: placement for placement in placed.placements}.values():
        job = by_id[placement.job_id]
        rows.append(
            [
                job.id,
                labels[job.id.partition(" ")[0]],
                job.priority,
                ", ".join(on[job.id]),
                hours_words(placement.start_hours) if placement.start_hours else fleet.begin_words,
                hours_words(placement.end_hours),
            ]
        )
    runs = f"{request.count_words} on {devices} {kind}{'s' if devices > 1 else ''}"
    words = f"{runs}, {STRATEGY_WORDS[request.strategy]}: {hours_words(placed.total_hours)}."
    words += f" {fleet.words}." if fleet.words else ""
    return f"{words}\n\n{columns(rows)}\n"
