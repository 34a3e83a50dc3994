"""How far a run is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Metrics = dict[str, float | None]


@dataclass(slots=True)
class Progress:
    """How far a run is: what a checkpoint stores besides tensors."""

    epoch: int = 1
    """The epoch at work, counted from 1."""
    step_in_epoch: int = 0
    """Steps of it that are done."""
    step: int = 0
    """Steps done over all epochs."""
    loss_sum: float = 0.0
    """Over the done steps of this epoch."""
    part_sums: dict[str, float] = field(default_factory=dict)
    """The same of each part of a loss that has several, without its weight; empty for a loss that has none, and if a
    version that did not add them up trained the beginning of this epoch."""
    clipped_in_epoch: int = 0
    """Done steps of this epoch whose gradient was longer than `--clip_norm` and was cut to it."""
    clipped: int = 0
    """The same over all epochs."""
    skipped: int = 0
    """Steps over all epochs that left the weights as they were, because fp16 gradients overflowed."""
    skipped_in_a_row: int = 0
    """The last steps, if they were such."""
    best_epoch: int | None = None
    best_metrics: dict[str, Metrics] = field(default_factory=dict)
    """Split to metrics at the best epoch."""
    best_notes: list[str] = field(default_factory=list)
    best_attention: list[float] | None = None
    """Mean weights of the scales on the test split at the best epoch; None without attention fusion."""
    best_calibration: dict[str, Any] | None = None
    """Brings predictions of the best epoch to the scale of opinions, see `training.calibration`; None: they lie on it,
    or no map was found."""
    best_calibrations: dict[str, Any] = field(default_factory=dict)
    """Of a run on several data sets each one's own, which `best_calibration` cannot be; empty for a single one."""
    oracle: Metrics = field(default_factory=dict)
    """Test metrics of the epoch with the best test SRCC; for comparison with work that chose so."""
    epochs_without_better: int = 0
    epoch_began_seconds: float = 0.0
    """`elapsed_seconds` when the epoch at work began."""
    cross_datasets: list[str] = field(default_factory=list)
    """Other data sets that an attempt found, to test on after training."""
    lost: list[str] = field(default_factory=list)
    """What earlier attempts had made and a resume could not find again, in words for the result."""
    placements: list[tuple[int, str]] = field(default_factory=list)
    """(step, device and precision in words): on what the steps from this one on were trained; one for each change."""
    elapsed_seconds: float = 0.0
    """Of earlier attempts and this one."""
