"""`[tune]` of a plan: a grid of values that every experiment tries in short runs before it is trained with the best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from iqa_tui.plans.toml_table import FlagValue, TomlTable
from iqa_tui.words.values import value_words

NOT_TUNED = frozenset(
    {
        *(
            "check",
            "data_path",
            "dataset",
            "device",
            "limit_test_images",
            "no_test",
            "num_workers",
            "protocol",
            "resume",
        ),
        *("run_folder", "runs_dir", "scale", "seed", "split_seed", "train_test_num", "vram"),
    }
)
"""Flags that change what is scored, where, or how often: scores of two of their values say nothing of each other."""
INSTEAD = {"limit_train_images": "images"}
"""Flag to the key of `[tune]` that sets it for the tuning runs."""


@dataclass(frozen=True, slots=True)
class Tune:
    """What is tried, and how short."""

    grid: Mapping[str, tuple[FlagValue, ...]]
    """Flag to the values that are tried. Several flags are tried in all combinations."""
    epochs: int | None = None
    """Of a tuning run; None: as many as the plan's own runs."""
    images: int | None = None
    """Training images of a tuning run; None: all."""
    seeds: tuple[int, ...] | None = None
    """Of the tuning runs; None: the plan's first."""

    def points(self) -> list[dict[str, FlagValue]]:
        """Every combination, flag to value: the last flag changes first."""
        return [dict(zip(self.grid, values, strict=True)) for values in product(*self.grid.values())]

    @property
    def shortened(self) -> dict[str, FlagValue]:
        """Flags that make a tuning run shorter than the run itself."""
        short = {"epochs": self.epochs, "limit_train_images": self.images}
        return {flag: value for flag, value in short.items() if value is not None}

    @property
    def words(self) -> str:
        """`lr 1e-6, 2e-6, 5e-6`."""
        return "; ".join(f"{flag} {', '.join(map(value_words, values))}" for flag, values in self.grid.items())


def read_tune(table: TomlTable) -> Tune | None:
    """The `[tune]` table of a plan; None if it has none.

    Args:
        table: the plan.

    Raises:
        PlanError: a grid that is no list of values, a flag that cannot be tuned or that an experiment sets itself,
            epochs, images or seeds that are no numbers.
    """
    inner = table.optional("tune")
    if inner is None:
        return None
    epochs = inner.whole_number("epochs", at_least=1)
    images = inner.whole_number("images", at_least=1)
    seeds = inner.whole_numbers("seeds", at_least=0)
    grid = {flag: inner.grid(flag) for flag in inner.others()}
    for flag in grid:
        if flag in INSTEAD:
            raise inner.wrong(flag, f"write {INSTEAD[flag]} = a number: so many training images each tuning run gets.")
        if flag in NOT_TUNED:
            raise inner.wrong(flag, "it cannot be tuned: runs that differ in it cannot be compared. Leave it out.")
    if not grid:
        raise inner.wrong_whole("name a flag with the values to try, for example lr = [5e-6, 1e-5, 2e-5].")
    if table.words("command") is not None:
        raise inner.wrong_whole("an external trainer writes no validation score to choose by. Leave [tune] out.")
    for row in table.rows("experiment"):
        _refuse_tuned_flags(row, grid)
    return Tune(grid, epochs, images, seeds)


def _refuse_tuned_flags(row: TomlTable, grid: Mapping[str, Any]) -> None:
    flags = row.flags("flags")
    for flag in flags:
        if flag in grid:
            raise row.inner("flags", flags).wrong(
                flag, f"[tune] chooses {flag} for every experiment. Leave it out here, or out of [tune]."
            )
