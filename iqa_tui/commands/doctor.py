"""`iqa-tui doctor`: what is wrong, and what would help, before it costs an hour."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from iqa_tui.commands.exit_codes import ALL_WELL, ENVIRONMENT
from iqa_tui.commands.launch import request_of
from iqa_tui.devices.lease_folder import leases_path
from iqa_tui.doctor.weights import check_weights, hub_cache
from iqa_tui.doctor.external_trainer import check_external_trainer
from iqa_tui.doctor.data import check_dataset, data_folder
from iqa_tui.doctor.torch import check_torch
from iqa_tui.doctor.disk import cache_folder, cache_needs, check_answers, check_disk, checkpoint_need
from iqa_tui.doctor.finding import Finding
from iqa_tui.doctor.gpus import check_gpus
from iqa_tui.doctor.locks import check_locks
from iqa_tui.doctor.container import check_container
from iqa_tui.doctor.sessions import check_sessions
from iqa_tui.doctor.sharing import check_sharing
from iqa_tui.plans.flags import flags_for
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.toml_table import FlagValue


def run(options: argparse.Namespace) -> int:
    name = options.plan or "demo"
    request = request_of(argparse.Namespace(**{**vars(options), "plan": name}))
    blocked = []
    for finding in _findings(request):
        tell(finding)
        if finding.blocks:
            blocked.append(finding.subject)
    subjects = ", ".join(dict.fromkeys(blocked))
    plan = request.plan.name if options.plan else "the demo"
    if not blocked:
        print(f"\nNothing stands in the way of {plan}.")
        return ALL_WELL
    print(f"\n{subjects} {'stand' if ',' in subjects else 'stands'} in the way of {plan}.")
    return ENVIRONMENT


def tell(finding: Finding) -> None:
    """At once: the next one may take a while."""
    sign = "ok     " if finding.is_good else "BLOCKED" if finding.blocks else "warning"
    print(f"{sign}  {finding.subject:<9} {finding.words}", flush=True)
    if finding.remedy:
        print(f"{'':19}{finding.remedy}", flush=True)


def _findings(request: LaunchRequest) -> Iterator[Finding]:
    """The machine first, then what the plan needs of it."""
    silent = list(check_answers(_folders_of(request)))
    if silent:  # whatever is asked of such a folder waits without end
        yield from silent
        return
    has_needs = all(experiment.vram_bytes is not None for experiment in request.chosen())
    findings, reading = check_gpus(has_declared_needs=has_needs)
    yield from findings
    yield from check_locks(request.runs_dir)
    yield from check_sharing(request.runs_dir, request.plan.command, request.cwd or Path.cwd())
    yield check_sessions()
    yield check_container()
    if request.plan.command is not None:
        yield check_external_trainer(request.plan.command)
        yield from check_disk([checkpoint_need(request.runs_dir, [])])
        return
    backbones = [_backbone(settings) for settings in _settings_of(request)]
    finding, parameters = check_torch(reading, list(dict.fromkeys(backbones)))
    yield finding
    for backbone, weights in _weights_of(request):
        yield check_weights(backbone, weights)
    images: dict[str, int] = {}
    for dataset, data_path, flags in _datasets_of(request):
        finding, found = check_dataset(dataset, data_path, flags)
        images |= found
        yield finding
    runs = [parameters.get(backbone, 0) for backbone in backbones for _ in request.seeds_or_default()]
    yield from check_disk([checkpoint_need(request.runs_dir, runs), *cache_needs(images)])


def _folders_of(request: LaunchRequest) -> list[Path]:
    """Every folder that a question below, or a run, looks into."""
    folders = [request.runs_dir, leases_path(), cache_folder(), hub_cache()]
    if request.plan.command is None:
        folders += [data_folder(dataset, path) for dataset, path, _ in _datasets_of(request)]
    return folders


Settings = dict[str, FlagValue]


def _settings_of(request: LaunchRequest) -> list[Settings]:
    """The flags of each experiment that would run."""
    return [{**request.plan.flags_of(experiment), **request.overrides} for experiment in request.chosen()]


def _backbone(settings: Settings) -> str:
    """As timm calls it."""
    return str(settings.get("backbone", f"swin_{settings.get('model_size', 'tiny')}_patch4_window7_224"))


def _weights_of(request: LaunchRequest) -> list[tuple[str, str]]:
    """(backbone, weights), each once."""
    pairs = ((_backbone(settings), str(settings.get("weights", "pretrained"))) for settings in _settings_of(request))
    return list(dict.fromkeys(pairs))


def _datasets_of(request: LaunchRequest) -> list[tuple[str, str | None, list[str]]]:
    """(data set, its path or None, the flags of a run that needs it), each once."""
    found: dict[tuple[str, str | None, str], list[str]] = {}
    for experiment, settings in zip(request.chosen(), _settings_of(request), strict=True):
        path, protocol = settings.get("data_path"), str(settings.get("protocol", ""))
        key = (str(settings.get("dataset", "livec")), str(path) if path is not None else None, protocol)
        found.setdefault(key, flags_for(request.plan, experiment, request.overrides, None))
    return [(dataset, path, flags) for (dataset, path, _), flags in found.items()]
