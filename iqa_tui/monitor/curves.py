"""What the events of a run are folded into: curves, evaluations, progress."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LossCurve:
    """Training loss of every step that was reported; the three tuples have one length."""

    steps: tuple[int, ...] = ()
    """Counted from 1 over all epochs, strictly growing."""
    times: tuple[float, ...] = ()
    """Unix seconds."""
    losses: tuple[float | None, ...] = ()
    """None for a loss that was not finite."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The metrics of one split after one epoch."""

    epoch: int
    step: int
    """The last step before it."""
    t: float
    """Unix seconds."""
    split: str
    metrics: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Progress:
    """A long task before or beside training: a data cache, loading weights, evaluation."""

    what: str
    done: int
    total: int
    """0 if it is not known."""
