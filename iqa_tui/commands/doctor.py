"""`iqa-tui doctor`: what is wrong, and what would help, before it costs an hour."""

from __future__ import annotations

import argparse

from iqa_tui.commands.checks import (
    Finding,
    check_command,
    check_dataset,
    check_disk,
    check_gpus,
    check_locks,
    check_torch,
    check_weights,
)
from iqa_tui.commands.outcome import ALL_WELL, ENVIRONMENT
from iqa_tui.launch.plan import Plan, load_plan
from iqa_tui.launch.toml_table import FlagValue


def run(options: argparse.Namespace) -> int:
    plan = load_plan(options.plan) if options.plan else None
    findings: list[Finding] = []

    def tell(finding: Finding) -> None:
        """At once: the next one may take a while."""
        findings.append(finding)
        sign = "ok     " if finding.is_good else "BLOCKED" if finding.blocks else "warning"
        print(f"{sign}  {finding.subject:<8} {finding.words}", flush=True)
        if finding.remedy:
            print(f"{'':18}{finding.remedy}", flush=True)

    gpus_finding, gpus = check_gpus()
    tell(gpus_finding)
    tell(check_disk(options.runs_dir))
    tell(check_locks(options.runs_dir))
    if plan is not None and plan.command is not None:
        tell(check_command(plan.command))
    else:
        tell(check_torch(gpus))
    for backbone, weights in _weights_of(plan or load_plan("demo"), dict(options.set)):
        tell(check_weights(backbone, weights))
    for dataset, data_path in _datasets_of(plan or load_plan("demo"), dict(options.set)):
        tell(check_dataset(dataset, data_path))
    blocked = [finding.subject for finding in findings if finding.blocks]
    name = plan.name if plan else "the demo"
    print(
        f"\n{', '.join(blocked)} stand in the way of {name}." if blocked else f"\nNothing stands in the way of {name}."
    )
    return ENVIRONMENT if blocked else ALL_WELL


Settings = dict[str, FlagValue]


def _settings_of(plan: Plan, overrides: dict[str, str]) -> list[Settings]:
    """The flags of each experiment that would run; none where the plan has a trainer of its own."""
    if plan.command is not None:
        return []
    return [{**plan.flags_of(experiment), **overrides} for experiment in plan.experiments if experiment.selected]


def _weights_of(plan: Plan, overrides: dict[str, str]) -> list[tuple[str, str]]:
    """(backbone, weights), each once."""
    pairs = []
    for settings in _settings_of(plan, overrides):
        swin = f"swin_{settings.get('model_size', 'tiny')}_patch4_window7_224"
        pairs.append((str(settings.get("backbone", swin)), str(settings.get("weights", "pretrained"))))
    return list(dict.fromkeys(pairs))


def _datasets_of(plan: Plan, overrides: dict[str, str]) -> list[tuple[str, str | None]]:
    """(data set, its path or None), each once."""
    pairs = []
    for settings in _settings_of(plan, overrides):
        path = settings.get("data_path")
        pairs.append((str(settings.get("dataset", "livec")), str(path) if path is not None else None))
    return list(dict.fromkeys(pairs))
