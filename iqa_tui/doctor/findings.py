"""Every check in order: the machine first, then what the plan needs of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from iqa_tui.devices.lease_folder import leases_path
from iqa_tui.doctor.container import check_container
from iqa_tui.doctor.data import check_dataset
from iqa_tui.doctor.disk import cache_needs, check_answers, check_disk, checkpoint_need
from iqa_tui.doctor.external_trainer import check_external_trainer
from iqa_tui.doctor.finding import Finding, blocked
from iqa_tui.doctor.gpus import check_gpus
from iqa_tui.doctor.locks import check_locks
from iqa_tui.doctor.network import check_network
from iqa_tui.doctor.not_here import left_to_the_job, not_seen_here, paths_read, weights_not_seen
from iqa_tui.doctor.plan_needs import datasets_of, has_declared_needs, networks_of, weights_of
from iqa_tui.doctor.sessions import check_sessions
from iqa_tui.doctor.sharing import check_sharing
from iqa_tui.doctor.slurm import check_slurm
from iqa_tui.doctor.torch import check_torch
from iqa_tui.doctor.weights import check_weights, hub_cache
from iqa_tui.errors import LaunchError
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.trainer_facts import Facts, ask_trainer


def findings(request: LaunchRequest) -> Iterator[Finding]:
    """Check the machine for what the request would run. Each finding comes as soon as it is known."""
    refused: Finding | None = None
    facts: Facts = {}
    try:
        facts = ask_trainer(request)
    except LaunchError as error:
        refused = blocked("flags", str(error), "Mend the plan, or what --set changes of it")
    silent = check_answers(_folders_of(request, facts))
    if silent:  # every later check of such a folder would hang
        yield from silent
        return
    if request.is_slurm:
        yield from _on_slurm(request, facts, refused)
        return
    lines, reading = check_gpus(has_declared_needs=has_declared_needs(request))
    yield from lines
    yield from check_locks(request.runs_dir)
    yield from check_sharing(request.runs_dir, request.plan.command, request.cwd or Path.cwd())
    yield check_sessions()
    yield check_container()
    if request.plan.command is not None:
        yield check_external_trainer(request.plan.command)
        yield from check_disk([checkpoint_need(request.runs_dir, [])])
        return
    torch = check_torch(reading)
    yield torch
    if refused is not None:
        yield refused
        return
    yield from _needs_of_our_trainer(request, facts, has_torch=not torch.blocks)


def _on_slurm(request: LaunchRequest, facts: Facts, refused: Finding | None) -> Iterator[Finding]:
    """What submits is looked at here, what trains on a node."""
    yield from check_sharing(request.runs_dir, request.plan.command, request.cwd or Path.cwd())
    yield from check_slurm(request, paths_read(facts))
    if request.plan.command is not None:
        yield check_external_trainer(request.plan.command)
        return
    if refused is not None:
        yield refused
        return
    has_torch = importlib.util.find_spec("torch") is not None
    if not has_torch:
        yield Finding("torch", "not on this machine, which needs none to launch")
    yield from _needs_of_our_trainer(request, facts, has_torch=has_torch)


def _folders_of(request: LaunchRequest, facts: Facts) -> list[Path]:
    """Every folder that a check or a run looks into."""
    of_runs = (path for known in facts.values() for path in (known.cache_path, known.data_path))
    return [request.runs_dir, leases_path(), hub_cache(), *of_runs]


def _needs_of_our_trainer(request: LaunchRequest, facts: Facts, *, has_torch: bool) -> Iterator[Finding]:
    sizes: list[int] = []
    for network in networks_of(request, facts):
        finding, size = check_network(network) if has_torch else (None, 0)
        sizes += [size] * network.runs
        if finding is not None:
            yield finding
    unseen = list(not_seen_here(facts)) if request.is_slurm else []
    yield from (each.finding for each in unseen)
    for backbone, weights in weights_of(facts):
        if not request.is_slurm:
            yield check_weights(backbone, weights)
        elif weights_not_seen(weights) is None:
            yield left_to_the_job(check_weights(backbone, weights))
    images: dict[str, int] = {}
    without = {experiment for each in unseen if each.finding.subject == "data" for experiment in each.experiments}
    for need in datasets_of(request, {name: known for name, known in facts.items() if name not in without}):
        finding, found = check_dataset(need)
        images |= found
        yield finding
    caches = dict.fromkeys(known.cache_path for known in facts.values())
    needs = [need for cache in caches for need in cache_needs(cache, images)]
    yield from check_disk([checkpoint_need(request.runs_dir, sizes), *needs])
