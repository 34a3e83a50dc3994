"""What a user asks to be launched."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from iqa_tui.plans.flags import REPETITIONS, flag_text
from iqa_tui.plans.plan import Experiment, Plan
from iqa_tui.plans.toml_table import FlagValue
from iqa_tui.slurm.options import merged
from training.runfolder.engines import LOCAL, SLURM

DEFAULT_SEED = 42


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """One launch."""

    plan: Plan
    experiments: tuple[str, ...] | None = None
    """Ids; None: those that the plan selects."""
    seeds: tuple[int, ...] | None = None
    """None: the plan's own, see `plan_seeds`."""
    overrides: dict[str, str] = field(default_factory=dict)
    """Flag to value, over the plan's: `true` and `false` switch."""
    devices: tuple[str, ...] | None = None
    """GPU indices, UUIDs, `cpu`; None: any that is free."""
    strategy: str = "all"
    time_limit_hours: float | None = None
    """Each run is stopped after that time; None: the plan's."""
    runs_dir: Path = Path("runs")
    cwd: Path | None = None
    """The folder in which trainers run; None: the current one."""
    engine: str = LOCAL
    """local; slurm: each run is a job of Slurm, which gives the devices."""
    slurm: dict[str, Any] = field(default_factory=dict)
    """What is asked of Slurm, over the plan's."""

    @property
    def is_slurm(self) -> bool:
        return self.engine == SLURM

    def slurm_options(self, experiment: Experiment) -> dict[str, Any]:
        """What a run of this experiment asks of Slurm: the plan's, the experiment's and the launch's together."""
        return merged(self.plan.slurm, experiment.slurm, self.slurm)

    def chosen(self) -> list[Experiment]:
        """Raises PlanError for an experiment that is not in the plan."""
        if self.experiments is None:
            return [experiment for experiment in self.plan.experiments if experiment.selected]
        return [self.plan.experiment(name) for name in dict.fromkeys(self.experiments)]

    def seeds_or_default(self) -> tuple[int, ...]:
        if self.seeds is not None:
            return self.seeds
        return plan_seeds(self.plan, self.overrides)

    def time_limit(self) -> float | None:
        """Hours; None if neither the launch nor its plan sets one."""
        return self.plan.time_limit_hours if self.time_limit_hours is None else self.time_limit_hours


def plan_seeds(plan: Plan, overrides: dict[str, str]) -> tuple[int, ...]:
    """The plan's own: its seed, and as many after it as its `train_test_num` asks for.

    Raises:
        ValueError: in words, if one of the two is no such number.
    """
    settings = {**plan.base, **overrides}
    first = _whole_number("seed", settings.get("seed", DEFAULT_SEED), smallest=0)
    if plan.command is not None:  # an external trainer may mean something else by it
        return (first,)
    return tuple(range(first, first + _whole_number(REPETITIONS, settings.get(REPETITIONS, 1), smallest=1)))


def _whole_number(flag: str, value: FlagValue, smallest: int) -> int:
    text = flag_text(value)
    if not text.isdecimal() or int(text) < smallest:
        raise ValueError(f"{flag}={text!r}: write a whole number of at least {smallest}.")
    return int(text)
