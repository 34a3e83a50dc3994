"""Every check in order: the machine first, then what the plan needs of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from iqa_tui.devices.gpus.driver import Reading
from iqa_tui.devices.lease_folder import leases_path
from iqa_tui.doctor.container import check_container
from iqa_tui.doctor.data import check_dataset, data_folder
from iqa_tui.doctor.disk import cache_folder, cache_needs, check_answers, check_disk, checkpoint_need
from iqa_tui.doctor.external_trainer import check_external_trainer
from iqa_tui.doctor.finding import Finding
from iqa_tui.doctor.gpus import check_gpus
from iqa_tui.doctor.locks import check_locks
from iqa_tui.doctor.plan_needs import backbones_of, datasets_of, has_declared_needs, weights_of
from iqa_tui.doctor.sessions import check_sessions
from iqa_tui.doctor.sharing import check_sharing
from iqa_tui.doctor.torch import check_torch
from iqa_tui.doctor.weights import check_weights, hub_cache
from iqa_tui.plans.request import LaunchRequest


def findings(request: LaunchRequest) -> Iterator[Finding]:
    """Check the machine for what the request would run. Each finding comes as soon as it is known."""
    silent = check_answers(_folders_of(request))
    if silent:  # every later check of such a folder would hang
        yield from silent
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
    else:
        yield from _needs_of_our_trainer(request, reading)


def _folders_of(request: LaunchRequest) -> list[Path]:
    """Every folder that a check or a run looks into."""
    folders = [request.runs_dir, leases_path(), cache_folder(), hub_cache()]
    if request.plan.command is None:
        folders += [data_folder(need.name, need.path) for need in datasets_of(request)]
    return folders


def _needs_of_our_trainer(request: LaunchRequest, reading: Reading) -> Iterator[Finding]:
    backbones = backbones_of(request)
    finding, parameters = check_torch(reading, list(dict.fromkeys(backbones)))
    yield finding
    for backbone, weights in weights_of(request):
        yield check_weights(backbone, weights)
    images: dict[str, int] = {}
    for need in datasets_of(request):
        finding, found = check_dataset(need.name, need.path, need.flags)
        images |= found
        yield finding
    runs = [parameters.get(backbone, 0) for backbone in backbones for _ in request.seeds_or_default()]
    yield from check_disk([checkpoint_need(request.runs_dir, runs), *cache_needs(images)])
