"""The flags of a step: off by default, named if they contradict each other, kept by a resume."""

from __future__ import annotations

import shlex

import pytest

from training.config import OFF
from training.flags import command_of, parse
from training.run.setup import ways_of_training

DEMO = ["--dataset", "demo"]
ALL = shlex.split("--accumulate 4 --warmup_epochs 0.5 --layer_decay 0.75 --freeze_backbone 2 --ema 0.999")


def test_each_is_off_by_default_and_says_nothing() -> None:
    settings = parse(DEMO).as_dict()
    assert {name: settings[name] for name in OFF} == OFF
    assert ways_of_training(parse(DEMO), steps_per_epoch=10) == []


def test_the_command_of_a_run_keeps_them() -> None:
    config = parse([*DEMO, *ALL])
    assert parse(shlex.split(command_of(config))[3:]) == config


def test_the_result_names_each_that_was_given() -> None:
    assert ways_of_training(parse([*DEMO, *ALL, "--batch_size", "32"]), steps_per_epoch=10) == [
        "each step is made of 4 batches of 32 crops",
        "the learning rate rises over the first 5 steps",
        "a block of the backbone learns at 0.75 times the rate of the next",
        "the backbone is frozen in the first 2 of 16 epochs",
        "averaged weights (EMA, decay 0.999) are scored and kept",
    ]


@pytest.mark.parametrize(
    ("flags", "frozen"),
    [([], 0), (["--freeze_backbone"], 16), (["--freeze_backbone", "all"], 16), (["--freeze_backbone", "3"], 3)],
)
def test_the_backbone_is_frozen_for_some_epochs_or_all(flags: list[str], frozen: int) -> None:
    assert parse([*DEMO, *flags]).frozen_epochs == frozen


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--accumulate 0", "--accumulate: 0 is not at least 1"),
        ("--warmup_steps -1", "--warmup_steps: -1 is negative"),
        ("--warmup_steps 5 --warmup_epochs 1", "say the same in two ways"),
        ("--layer_decay 0", "--layer_decay: 0 is not in (0, 1]"),
        ("--layer_decay 1.5", "--layer_decay: 1.5 is not in (0, 1]"),
        ("--layer_decay 0.7 --freeze_backbone", "give one"),
        ("--layer_decay 0.7 --freeze_backbone 16", "give one"),
        ("--freeze_backbone 0", "--freeze_backbone: 0 is not at least 1"),
        ("--freeze_backbone some", "--freeze_backbone: 'some' is no whole number"),
        ("--ema 1", "--ema: 1 is not in [0, 1)"),
    ],
)
def test_a_refused_value_is_named(flags: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse([*DEMO, *shlex.split(flags)])
    assert words in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("name", sorted(OFF))
def test_a_checkpoint_from_before_a_flag_was_trained_without_it(name: str) -> None:
    before = {key: value for key, value in parse(DEMO).as_dict().items() if key not in OFF}
    assert parse(DEMO).what_differs(before) == []
    given = {"accumulate": "2", "warmup_steps": "5", "warmup_epochs": "1", "freeze_backbone": "1"}.get(name, "0.5")
    assert parse([*DEMO, f"--{name}", given]).what_differs(before) == [name]
