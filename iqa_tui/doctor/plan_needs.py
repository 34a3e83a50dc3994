"""What a plan needs of the machine: backbones, weights and data sets, each once."""

from __future__ import annotations

from dataclasses import dataclass

from iqa_tui.plans.flags import flags_for
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.toml_table import FlagValue

Settings = dict[str, FlagValue]


@dataclass(frozen=True, slots=True)
class DatasetNeed:
    """A data set, as some runs of the plan need it."""

    name: str
    path: str | None
    """As the plan has it; None: the trainer's own folder."""
    flags: list[str]
    """Of one run that needs it."""


def backbones_of(request: LaunchRequest) -> list[str]:
    """As timm calls them, one for each experiment."""
    return [_backbone(settings) for settings in _settings_of(request)]


def weights_of(request: LaunchRequest) -> list[tuple[str, str]]:
    """(backbone, the trainer's flag `weights`), each once."""
    pairs = ((_backbone(settings), str(settings.get("weights", "pretrained"))) for settings in _settings_of(request))
    return list(dict.fromkeys(pairs))


def datasets_of(request: LaunchRequest) -> list[DatasetNeed]:
    """Each data set once for each path and protocol."""
    found: dict[tuple[str, str | None, str], list[str]] = {}
    for experiment, settings in zip(request.chosen(), _settings_of(request), strict=True):
        path, protocol = settings.get("data_path"), str(settings.get("protocol", ""))
        key = (str(settings.get("dataset", "livec")), str(path) if path is not None else None, protocol)
        found.setdefault(key, flags_for(request.plan, experiment, request.overrides, None))
    return [DatasetNeed(name, path, flags) for (name, path, _), flags in found.items()]


def has_declared_needs(request: LaunchRequest) -> bool:
    """True if every experiment declares how much GPU memory it needs."""
    return all(experiment.vram_bytes is not None for experiment in request.chosen())


def _settings_of(request: LaunchRequest) -> list[Settings]:
    """The flags of each experiment that would run."""
    return [{**request.plan.flags_of(experiment), **request.overrides} for experiment in request.chosen()]


def _backbone(settings: Settings) -> str:
    return str(settings.get("backbone", f"swin_{settings.get('model_size', 'tiny')}_patch4_window7_224"))
