"""What a user asks to be launched."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from iqa_tui.plans.flags import REPETITIONS, flag_text
from iqa_tui.plans.plan import SPLIT_FLAG, Experiment, Plan
from iqa_tui.plans.toml_table import FlagValue
from iqa_tui.slurm.options import merged
from iqa_tui.words.repetitions import repetition_words
from training.runfolder.engines import LOCAL, SLURM

DEFAULT_SEED = 42


class Repetition(NamedTuple):
    """One of the runs of each experiment."""

    seed: int
    split: int | None = None
    """None: the trainer is not told of a split."""

    @property
    def words(self) -> str:
        """`seed 1`, `split 3 seed 1`."""
        return repetition_words(self.seed, self.split)


class Trial(NamedTuple):
    """One tuning run."""

    experiment: Experiment
    values: dict[str, FlagValue]
    """Flag to the value that it tries."""
    repetition: Repetition
    """Of its own seed, and of the split of the runs that are chosen by it."""


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """One launch."""

    plan: Plan
    experiments: tuple[str, ...] | None = None
    """Ids; None: those that the plan selects."""
    seeds: tuple[int, ...] | None = None
    """None: the plan's own, see `plan_seeds`."""
    splits: tuple[int, ...] | None = None
    """Random splits of the data, by their `--split_seed`; None: the plan's own, see `plan_splits`."""
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
        several = {"gres": f"gpu:{experiment.gpus}"} if experiment.gpus > 1 else {}
        return merged(several, self.plan.slurm, experiment.slurm, self.slurm)

    def chosen(self) -> list[Experiment]:
        """Raises PlanError for an experiment that is not in the plan."""
        if self.experiments is None:
            return [experiment for experiment in self.plan.experiments if experiment.selected]
        return [self.plan.experiment(name) for name in dict.fromkeys(self.experiments)]

    def seeds_or_default(self) -> tuple[int, ...]:
        if self.seeds is not None:
            return self.seeds
        return plan_seeds(self.plan, self.overrides)

    def splits_or_default(self) -> tuple[int, ...]:
        """Empty if the trainer is not told of a split."""
        if self.splits is not None:
            return self.splits
        return plan_splits(self.plan, self.overrides)

    def repetitions(self) -> list[Repetition]:
        """Every split with every seed, in the order in which they are launched."""
        return [
            Repetition(seed, split) for split in self.splits_or_default() or (None,) for seed in self.seeds_or_default()
        ]

    @property
    def count_words(self) -> str:
        """`15 runs`, `20 tuning runs, then 15 runs`; with random splits `5 experiments × 10 splits × 1 seed: 50 runs`.

        Raises:
            PlanError, ValueError: as `chosen` and `repetitions`.
        """
        experiments, splits, seeds = self.chosen(), self.splits_or_default(), self.seeds_or_default()
        runs, trials = _counted(len(experiments) * len(self.repetitions()), "run"), self.trials()
        before = f"{_counted(len(trials), 'tuning run')}, then " if trials else ""
        if not splits:
            return f"{before}{runs}"
        factors = ((experiments, "experiment"), (splits, "split"), (seeds, "seed"))
        return f"{before}{' × '.join(_counted(len(things), name) for things, name in factors)}: {runs}"

    @property
    def refused_setting(self) -> str:
        """Which setting of the launch says what the plan's tuning is to choose, in words; empty if none does."""
        chosen = [flag for flag in self.overrides if self.plan.tune is not None and flag in self.plan.tune.grid]
        remedy = (
            f"{self.plan.source} chooses it from a grid. Leave it out, or launch a copy of the plan without [tune]."
        )
        return f"{chosen[0]}={self.overrides[chosen[0]]}: {remedy}" if chosen else ""

    def tuning_seeds(self) -> tuple[int, ...]:
        """Of each value of the plan's grid."""
        tune = self.plan.tune
        return (tune.seeds if tune is not None else None) or plan_seeds(self.plan, self.overrides)[:1]

    def trials(self) -> list[Trial]:
        """The tuning runs, split by split, experiment by experiment, value by value, seed by seed; [] if the plan tunes
        nothing.

        A run of another split would have seen images on which the run itself is tested.

        Raises:
            PlanError: an experiment that is not in the plan.
            ValueError: in words, if the plan's seed or split is no number.
        """
        tune = self.plan.tune
        if tune is None:
            return []
        return [
            Trial(experiment, values, Repetition(seed, split))
            for split in self.splits_or_default() or (None,)
            for experiment in self.chosen()
            for values in tune.points()
            for seed in self.tuning_seeds()
        ]

    def trial_hours(self, experiment: Experiment) -> float | None:
        """How long one of its tuning runs takes: as much shorter as it has fewer epochs and training images, if both
        are known. None if the plan does not say how long the run itself takes.
        """
        if experiment.expected_hours is None or self.plan.tune is None:
            return experiment.expected_hours
        settings = {**self.plan.flags_of(experiment), **self.overrides}
        hours = experiment.expected_hours
        for flag, short in self.plan.tune.shortened.items():
            whole = flag_text(settings.get(flag, ""))
            if whole.isdecimal() and int(whole) > 0:
                hours *= min(1.0, float(short) / int(whole))
        return hours

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


def plan_splits(plan: Plan, overrides: dict[str, str]) -> tuple[int, ...]:
    """The one that is set over the plan, else the plan's own; () if the trainer is not told of any.

    Raises:
        ValueError: in words, if the one that is set is no such number.
    """
    if SPLIT_FLAG in overrides:
        return (_whole_number(SPLIT_FLAG, overrides[SPLIT_FLAG], smallest=0),)
    return plan.splits


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"


def _whole_number(flag: str, value: FlagValue, smallest: int) -> int:
    text = flag_text(value)
    if not text.isdecimal() or int(text) < smallest:
        raise ValueError(f"{flag}={text!r}: write a whole number of at least {smallest}.")
    return int(text)
