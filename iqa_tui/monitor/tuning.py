"""What tuning tried for a run, what it chose, and how that is said. Nothing here trusts what a file holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from iqa_tui.words.values import value_words
from training.runfolder.text import plain

LONGEST_VALUE = 40
MOST_TRIED = 1_000

Values = Mapping[str, object]
"""Flag to value."""


@dataclass(frozen=True, slots=True)
class TriedRun:
    """One tuning run."""

    run_id: str
    seed: int | None
    srcc: float | None
    """On the validation split; None if it has no score."""
    why: str = ""
    """Why it has none."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One value of the grid; one combination, if several flags were tuned."""

    values: Values
    srcc: float | None
    """Mean over the seeds of the tuning runs; None if no run has a score."""
    runs: tuple[TriedRun, ...] = ()

    @property
    def words(self) -> str:
        """`lr 5e-6`."""
        return values_words(self.values)


@dataclass(frozen=True, slots=True)
class Tuning:
    """What was chosen for one run before it was trained."""

    choice: Values
    grid: Mapping[str, tuple[object, ...]]
    """Flag to the values that were tried, in the order of the plan."""
    tried: tuple[Tried, ...] = ()
    """In the order of the grid."""
    edge: tuple[str, ...] = ()
    """Flags whose choice is the lowest or the highest value of their grid."""
    epochs: int | None = None
    """Of a tuning run; None: as many as the run itself."""
    images: int | None = None
    """Training images of a tuning run; None: all."""

    @property
    def chosen_words(self) -> str:
        """`lr 5e-6`."""
        return values_words(self.choice)

    @property
    def words(self) -> str:
        """`lr 5e-6 of 4`: how many values were tried."""
        return ", ".join(f"{values_words({flag: value})} of {len(self.grid.get(flag, ()))}" for flag, value in
                         self.choice.items())  # fmt: skip

    @property
    def grid_words(self) -> str:
        """`lr 1e-6, 2e-6, 5e-6, 1e-5`."""
        return grid_words(self.grid)

    @property
    def how_words(self) -> str:
        """`2 epochs and 2,000 training images a tuning run`; empty if they were as long as the runs themselves."""
        epochs = f"{self.epochs} epoch{'' if self.epochs == 1 else 's'}" if self.epochs else ""
        images = f"{self.images:,} training images" if self.images else ""
        parts = " and ".join(filter(None, (epochs, images)))
        return f"{parts} a tuning run" if parts else ""

    def end_of(self, flag: str) -> str:
        """`highest` or `lowest`: which end of its grid the choice of a flag is; empty if it is none."""
        if flag not in self.edge:
            return ""
        chosen = _number(self.choice.get(flag))
        known = [number for value in self.grid.get(flag, ()) if (number := _number(value)) is not None]
        if chosen is None or not known:
            return ""
        return "highest" if chosen >= max(known) else "lowest" if chosen <= min(known) else ""

    @property
    def edge_words(self) -> str:
        """`lr 1e-5 is the highest of its grid`; empty if no choice lies at the edge."""
        return "; ".join(
            f"{values_words({flag: self.choice[flag]})} is the {end} of its grid"
            for flag in self.edge
            if flag in self.choice and (end := self.end_of(flag))
        )


def values_words(values: Values) -> str:
    """`lr 5e-6`, `lr 5e-6, batch_size 32`."""
    return ", ".join(f"{plain(flag, LONGEST_VALUE)} {plain(value_words(value), LONGEST_VALUE)}" for flag, value in
                     values.items())  # fmt: skip


def grid_words(grid: Mapping[str, Iterable[object]]) -> str:
    """`lr 1e-6, 2e-6; batch_size 16, 32`."""
    return "; ".join(
        f"{plain(flag, LONGEST_VALUE)} {', '.join(plain(value_words(value), LONGEST_VALUE) for value in values)}"
        for flag, values in grid.items()
    )


def chosen_flags(tuned: Mapping[str, Any]) -> list[str]:
    """The words that the supervisor added to a tuned run's command; [] if nothing was chosen.

    Args:
        tuned: as a result keeps it.
    """
    choice = tuned.get("choice")
    words = []
    for flag, value in choice.items() if isinstance(choice, dict) else ():
        said = plain(value_words(value), LONGEST_VALUE)
        words += [] if said == "false" else [f"--{plain(flag, LONGEST_VALUE)}", *([] if said == "true" else [said])]
    return words


def trial_values(trial: Mapping[str, Any]) -> Values:
    """Of a tuning run's spec; empty for all other runs."""
    values = trial.get("values")
    return values if isinstance(values, dict) else {}


def grid_of(tune: Mapping[str, Any]) -> dict[str, tuple[object, ...]]:
    """Of a tuned run's spec, or of a record of what was chosen."""
    grid = tune.get("grid")
    if not isinstance(grid, dict):
        return {}
    return {flag: tuple(values) for flag, values in grid.items() if isinstance(values, list)}


def read_tuning(content: Mapping[str, Any]) -> Tuning | None:
    """From what a result keeps of `tuned.json`, or from the fields of that file; None if nothing was chosen."""
    choice = content.get("choice")
    if not isinstance(choice, dict) or not choice:
        return None
    scores, edge = content.get("scores"), content.get("edge")
    tried = [_tried(each) for each in scores[:MOST_TRIED] if isinstance(each, dict)] if isinstance(scores, list) else []
    return Tuning(
        choice,
        grid_of(content),
        tuple(tried),
        tuple(flag for flag in edge if isinstance(flag, str)) if isinstance(edge, list) else (),
        _count(content.get("epochs")),
        _count(content.get("images")),
    )


def _tried(content: Mapping[str, Any]) -> Tried:
    runs = content.get("runs")
    return Tried(
        trial_values(content),
        _number(content.get("srcc")),
        tuple(
            TriedRun(
                plain(str(each.get("run_id", ""))),
                _count(each.get("seed")),
                _number(each.get("srcc")),
                plain(str(each.get("why") or "")),
            )
            for each in (runs[:MOST_TRIED] if isinstance(runs, list) else [])
            if isinstance(each, dict)
        ),
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
