"""What a tuned run is trained with, and why: `tuned.json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from training.runfolder.engines import FORMAT

MEASURE = "val srcc"
"""SRCC on the validation split, the mean over the seeds of the tuning runs. The test split is not scored by them."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """`tuned.json`: written once, by the supervisor, before the trainer starts. Every later attempt keeps to it."""

    choice: dict[str, Any]
    """Flag to the value that was chosen."""
    grid: dict[str, Any]
    """Flag to the list of the values that were tried."""
    scores: list[dict[str, Any]]
    """One for each value of the grid (each combination, if several flags are tuned), in its order: `values`, `srcc`
    (None without a score), and `runs`, each with `run_id`, `seed`, `srcc` and `why` there is none, in words.
    """
    edge: list[str] = field(default_factory=list)
    """Flags whose choice is the lowest or highest value of their grid. One of a single value has no edge."""
    measure: str = MEASURE
    epochs: int | None = None
    """Of a tuning run; None: as many as the run itself."""
    images: int | None = None
    """Training images of a tuning run; None: all."""
    format: int = FORMAT

    def as_dict(self) -> dict[str, Any]:
        """As `Result.tuned` holds it."""
        content = asdict(self)
        del content["format"]
        return content


def trials_of(tune: Mapping[str, Any]) -> tuple[str, ...]:
    """The run ids of a tuned run's tuning runs, in the order of the grid, seed by seed; () for any other run.

    Args:
        tune: of a spec.
    """
    trials = tune.get("trials")
    return tuple(name for name in trials if isinstance(name, str)) if isinstance(trials, list) else ()


def tuned_words(tuned: Mapping[str, Any]) -> str:
    """`lr 5e-06 of 1e-06, 5e-06, 1e-05, by validation SRCC after 2 epochs; at the edge of the grid`.

    Args:
        tuned: as `Tuned.as_dict` gives it, or as `Result.tuned` keeps it.
    """
    grid, edge = tuned.get("grid") or {}, tuned.get("edge") or []
    choices = [f"{flag} {value} of {_listed(grid.get(flag))}" for flag, value in (tuned.get("choice") or {}).items()]
    how = [
        *([f"{epochs} epoch{'' if epochs == 1 else 's'}"] if (epochs := tuned.get("epochs")) else []),
        *([f"{images:,} training images"] if (images := tuned.get("images")) else []),
    ]
    after = f" after runs of {' and '.join(how)}" if how else ""
    at_edge = f"; at the edge of the grid: {', '.join(edge)}" if edge else ""
    return f"{', '.join(choices)}, by SRCC on the validation split{after}{at_edge}"


def _listed(values: Any) -> str:
    return ", ".join(map(str, values)) if isinstance(values, list) else str(values)
