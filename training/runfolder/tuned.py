"""What a tuned run is trained with, and why: `tuned.json`."""

from __future__ import annotations

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
