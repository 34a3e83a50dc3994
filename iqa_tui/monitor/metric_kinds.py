"""What the metrics of a run are called and how their values are said; which are shown if the user chose none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iqa_tui.monitor.metrics import EPOCH, LOSS, MACHINE
from iqa_tui.monitor.run_words import loss_words, srcc_words
from training.runfolder.raw_errors import has_raw_errors

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState

GIB = float(1 << 30)
SPLITS = {"val": "validation", "test": "test"}
CORRELATIONS = ("srcc", "plcc", "krcc")


@dataclass(frozen=True, slots=True)
class MetricKind:
    """One metric as people know it."""

    title: str
    """With its unit."""
    factor: float = 1.0
    """Values are shown times this."""
    may_be_log: bool = False
    """It differs by powers of ten, and its zero means that nothing is there."""
    is_smoothed: bool = False
    """It is noisy from step to step."""
    has_points: bool = False
    """There is one value an epoch or less."""
    is_loss: bool = False
    """Its values compare nothing between runs of different losses."""
    words: Callable[[float], str] = loss_words


KNOWN = {
    LOSS: MetricKind("loss", may_be_log=True, is_smoothed=True, is_loss=True),
    "lr": MetricKind("learning rate"),
    "grad_norm": MetricKind("gradient norm", may_be_log=True, is_smoothed=True),
    "images_per_second": MetricKind("images/s", is_smoothed=True),
    "clipped": MetricKind("clipped steps"),
    f"{MACHINE}memory_bytes": MetricKind("memory, GiB", 1 / GIB),
    f"{MACHINE}gpu_memory_bytes": MetricKind("GPU memory, GiB", 1 / GIB),
    f"{MACHINE}gpu_utilisation_percent": MetricKind("GPU utilisation, %", is_smoothed=True),
    f"{MACHINE}gpu_power_watts": MetricKind("GPU power, W", is_smoothed=True),
}
PART = "loss_"
"""What the names of a loss's parts begin with, in the trainer's events: `loss_l1`."""
DEFAULT = ("val/srcc", LOSS, f"{MACHINE}gpu_memory_bytes", "lr", "grad_norm", "images_per_second")
NO_SPLIT = "test/srcc"
"""Shown in the place of the validation SRCC if no run has that: the published protocol has no such split."""


def metric_kind(name: str) -> MetricKind:
    """Of any metric; one that is not known is called as the trainer calls it."""
    if name in KNOWN:
        return KNOWN[name]
    place, _, metric = name.rpartition("/")
    if not place and metric.startswith(PART):
        return MetricKind(f"loss: {metric.removeprefix(PART)}", may_be_log=True, is_smoothed=True)
    if not place:
        return MetricKind(metric.replace("_", " "), is_smoothed=True)
    if name.startswith(EPOCH):
        kind = metric_kind(metric)
        return replace(kind, title=f"{kind.title}, of an epoch", is_smoothed=False, has_points=True)
    if name.startswith(MACHINE):
        return MetricKind(metric.replace("_", " "))
    known = metric.upper() if metric in (*CORRELATIONS, "rmse", "mae") else metric
    words = srcc_words if metric in CORRELATIONS else loss_words
    return MetricKind(f"{SPLITS.get(place, place)} {known}", has_points=True, words=words)


def compares(state: RunState, name: str) -> bool:
    """Whether a run has values of a metric that mean the same as those of another run."""
    is_raw = name.endswith("/rmse") and has_raw_errors(state.result)
    return not is_raw and name in state.metrics and len(state.metrics[name]) > 0


def known_metrics(states: Iterable[RunState]) -> list[str]:
    """All that some of the runs has a value of: the default ones first, the others by name."""
    found = {name for state in states for name in state.metrics if compares(state, name)}
    first = [name for name in (*DEFAULT, NO_SPLIT) if name in found]
    return first + sorted(found - set(first), key=lambda name: (name.startswith(MACHINE), "/" in name, name))


def shown_metrics(chosen: Sequence[str], states: Sequence[RunState]) -> list[str]:
    """The metrics that are drawn: the chosen ones, else the default ones; those that no run has are left out."""
    known = known_metrics(states)
    if chosen:
        return [name for name in chosen if name in known]
    return [name for name in default_metrics(known) if name in known]


def default_metrics(known: Sequence[str]) -> tuple[str, ...]:
    if DEFAULT[0] not in known and NO_SPLIT in known:
        return (NO_SPLIT, *DEFAULT[1:])
    return DEFAULT
