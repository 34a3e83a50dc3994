"""What a plan needs of the machine: networks, weights and data sets, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.plans.flags import flags_for
from iqa_tui.plans.plan import Experiment
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue.trainer_facts import Facts
from training.runfolder.facts import TrainerFacts

NETWORK_SETTINGS = ("backbone", "model_size", "patch_size", "no_multiscale", "attention_fusion")
"""Runs that agree in these train networks of one size."""


@dataclass(frozen=True, slots=True)
class DatasetNeed:
    """A data set, as some runs of the plan need it."""

    name: str
    folder: Path
    """The folder that the trainer reads; for `csv` the file."""
    flags: list[str]
    """Of one run that needs it."""


@dataclass(frozen=True, slots=True)
class NetworkNeed:
    """A network that some runs of the plan train."""

    backbone: str
    flags: list[str]
    """Of one of these runs."""
    runs: int
    """How many train it."""


def networks_of(request: LaunchRequest, facts: Facts) -> list[NetworkNeed]:
    """Each size of network once."""
    found: dict[tuple[object, ...], list[Experiment]] = {}
    for experiment, known in _known(request, facts):
        key = tuple(known.settings.get(name) for name in NETWORK_SETTINGS)
        found.setdefault(key, []).append(experiment)
    repetitions = len(request.repetitions())
    trials = Counter(trial.experiment.id for trial in request.trials())
    return [
        NetworkNeed(
            facts[same[0].id].backbone,
            _flags(request, same[0]),
            sum(repetitions + trials[experiment.id] for experiment in same),
        )
        for same in found.values()
    ]


def weights_of(facts: Facts) -> list[tuple[str, str]]:
    """(backbone, the trainer's flag `weights`), each once."""
    return list(dict.fromkeys((known.backbone, known.weights) for known in facts.values()))


def datasets_of(request: LaunchRequest, facts: Facts) -> list[DatasetNeed]:
    """Each data set once for each folder and protocol."""
    found: dict[tuple[str, str, str], DatasetNeed] = {}
    for experiment, known in _known(request, facts):
        key = (known.dataset, known.data_folder, known.protocol)
        found.setdefault(key, DatasetNeed(known.dataset, known.data_path, _flags(request, experiment)))
    return list(found.values())


def has_declared_needs(request: LaunchRequest) -> bool:
    """True if every experiment declares how much GPU memory it needs."""
    return all(experiment.vram_bytes is not None for experiment in request.chosen())


def _known(request: LaunchRequest, facts: Facts) -> Iterator[tuple[Experiment, TrainerFacts]]:
    return ((experiment, facts[experiment.id]) for experiment in request.chosen() if experiment.id in facts)


def _flags(request: LaunchRequest, experiment: Experiment) -> list[str]:
    return flags_for(request.plan, experiment, request.overrides, None)
