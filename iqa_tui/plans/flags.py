"""The trainer's command line for one experiment of a plan, and the name of the group that its run belongs to."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from iqa_tui.plans.plan import SPLIT_FLAG, Experiment, Plan
from iqa_tui.plans.toml_table import FlagValue
from iqa_tui.words.values import value_words

REPETITIONS = "train_test_num"
"""How many seeds. The launcher makes a run of each, so a run itself gets 1."""
NO_TEST = "no_test"
"""The test split is not scored."""
WHERE_FLAGS = frozenset({"data_path", "num_workers", "tensorboard", "seed", SPLIT_FLAG, REPETITIONS})
"""Flags for the place, the manner and the repetitions: runs that differ only in them make one table."""


def flags_for(
    plan: Plan,
    experiment: Experiment,
    overrides: dict[str, str],
    seed: int | None,
    split: int | None = None,
    trial: Mapping[str, FlagValue] | None = None,
) -> list[str]:
    """The command line's flags: the plan's base, the experiment's, then the overrides, then split and seed.

    Args:
        seed: None: left to the trainer.
        split: None: as the flags say, else left to the trainer.
        trial: of a tuning run: the values that it tries. None: the run itself, to which the supervisor adds the values
            that were chosen.
    """
    settings: dict[str, FlagValue] = {**plan.flags_of(experiment), **overrides}
    if plan.tune is not None:
        settings = {flag: value for flag, value in settings.items() if flag not in plan.tune.grid}
        if trial is not None:
            settings |= {**trial, **plan.tune.shortened, NO_TEST: True}
    if plan.command is None:
        settings[REPETITIONS] = 1
    if split is not None:
        settings[SPLIT_FLAG] = split
    if seed is not None:
        settings["seed"] = seed
    return flag_words(settings)


def flag_words(settings: Mapping[str, FlagValue]) -> list[str]:
    """`--lr 5e-6 --no_spaq`: the words of a command line; what is false is left out."""
    words: list[str] = []
    for flag, value in settings.items():
        text = flag_text(value)
        if text == "true":
            words.append(f"--{flag}")
        elif text != "false":
            words += [f"--{flag}", text]
    return words


def flag_text(value: FlagValue) -> str:
    """As a user would type it: `5e-6` for 5e-06, `true` for True."""
    return value_words(value)


def trial_text(values: Mapping[str, FlagValue]) -> str:
    """`lr=5e-6 ema=0.99`: the values that a tuning run tries."""
    return " ".join(f"{flag}={flag_text(value)}" for flag, value in values.items())


def command_for(
    plan: Plan,
    experiment: Experiment,
    overrides: dict[str, str],
    seed: int | None,
    split: int | None = None,
    trial: Mapping[str, FlagValue] | None = None,
) -> list[str]:
    """The command of one run, for people to read and to copy. A value that is still to be chosen is in it in words."""
    trainer = plan.command or ["python", "-m", "training"]
    command = [*trainer, *flags_for(plan, experiment, overrides, seed, split, trial)]
    grid = plan.tune.grid if plan.tune is not None and trial is None else {}
    for flag, values in grid.items():
        command += [f"--{flag}", f"<chosen from {', '.join(map(flag_text, values))}>"]
    return command


def group_name(plan: Plan, overrides: dict[str, str]) -> str:
    """`koniq-losses`, or `koniq-losses epochs=1`: runs with changed flags make another table."""
    changed = {
        flag: value
        for flag, value in overrides.items()
        if flag not in WHERE_FLAGS and not is_same(plan.base.get(flag, ""), value)
    }
    return " ".join([plan.name, *(f"{flag}={value}" for flag, value in sorted(changed.items()))])


def is_same(setting: FlagValue, text: str) -> bool:
    """Whether a text is another way to write a setting: `5e-6` for 0.000005."""
    try:
        return flag_text(setting) == text or float(setting) == float(text)
    except (ValueError, OverflowError):  # a whole number of a thousand digits is no float
        return False


def shell_words(command: list[str]) -> str:
    """One line that a shell reads back as the same words."""
    return shlex.join(command)
