"""What the events of a run are folded into: curves, evaluations, progress."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LossCurve:
    """Training loss of every step that was reported; the three tuples have one length."""

    steps: tuple[int, ...] = ()
    """Counted from 1 over all epochs, strictly growing."""
    times: tuple[float, ...] = ()
    """Never falling: Unix seconds, and what the computer's clock was set back since the first event."""
    losses: tuple[float | None, ...] = ()
    """None for a loss that was not finite."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The metrics of one split after one epoch."""

    epoch: int
    step: int
    """The last step before it."""
    t: float
    """On the clock of `LossCurve.times`."""
    split: str
    metrics: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Progress:
    """A long task before or beside training: a data cache, loading weights, evaluation."""

    what: str
    done: int
    total: int
    """0 if it is not known."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What the events tell of time: the computer's clock may be set back while a run goes on."""

    set_back: float = 0.0
    """Seconds by which it was set back between events, all jumps together."""
    attempt: int = 0
    """The newest attempt that wrote an event."""
    first_step: int = 0
    """The first step that this attempt reported; 0 before it."""
    set_back_before: float = 0.0
    """`set_back` when this attempt began."""
