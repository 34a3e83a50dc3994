"""What may be asked of Slurm, and how sbatch is told."""

from __future__ import annotations

from typing import Any

import pytest

from iqa_tui.slurm.options import KEYS, asks_for_gpu, checked, merged, parse_option, sbatch_flags


def test_a_run_asks_for_one_gpu_and_two_minutes_of_warning_unless_it_says_otherwise() -> None:
    assert merged({}) == {"gres": "gpu:1", "lead": 120}


def test_what_is_nearer_to_the_run_wins_and_lists_replace_each_other() -> None:
    plan = {"partition": "gpu", "time": "4:00:00", "pass": ["A"]}
    assert merged(plan, {"time": 30}, {"pass": ["B"], "gres": ""}) == {
        "partition": "gpu",
        "time": 30,
        "gres": "",
        "lead": 120,
        "pass": ["B"],
    }


def test_options_stand_on_the_command_line_in_one_order_and_empty_ones_are_left_out() -> None:
    options = {"extra": ["--exclusive"], "cpus": 8, "partition": "gpu", "gres": "gpu:a100:1", "mem": "16G", "time": 90}
    assert sbatch_flags(merged(options)) == [
        "--partition=gpu",
        "--time=90",
        "--gres=gpu:a100:1",
        "--mem=16G",
        "--cpus-per-task=8",
        "--exclusive",
    ]
    assert sbatch_flags(merged({"gres": ""})) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("partition", ""),
        ("partition", "a\nb"),
        ("time", "soon"),
        ("time", 0),
        ("mem", "16 GB"),
        ("cpus", True),
        ("cpus", "8"),
        ("lead", 5),
        ("lead", 70_000),
        ("pass", "HF_HOME"),
        ("pass", ["A=1"]),
        ("setup", "module load cuda"),
        ("extra", ["exclusive"]),
        ("extra", ["--comment=x"]),
        ("extra", ["--exclusive", "-Jname"]),
        ("extra", ["--arr=1-3"]),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_with_what_to_write(key: str, value: Any) -> None:
    with pytest.raises(ValueError, match="write "):
        checked(key, value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("partition=gpu", ("partition", "gpu")),
        ("cpus=8", ("cpus", 8)),
        ("time=1-12", ("time", "1-12")),
        ("gres=", ("gres", "")),
        ("pass=HF_HOME, WANDB_MODE", ("pass", ["HF_HOME", "WANDB_MODE"])),
        ("extra=--nodelist=lab1 --exclusive", ("extra", ["--nodelist=lab1", "--exclusive"])),
        ("setup=module load cuda", ("setup", ["module load cuda"])),
    ],
)
def test_an_option_is_typed_as_a_key_and_its_value(text: str, expected: tuple[str, Any]) -> None:
    assert parse_option(text) == expected


@pytest.mark.parametrize("text", ["partition", "queue=gpu", "cpus=many", "extra=--wrap=true"])
def test_a_typed_option_that_is_none_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=text.partition("=")[0]):
        parse_option(text)


def test_a_gpu_is_asked_for_by_gres_or_by_an_option_of_the_users_own() -> None:
    assert asks_for_gpu(merged({}))
    assert not asks_for_gpu(merged({"gres": ""}))
    assert asks_for_gpu(merged({"gres": "", "extra": ["--gpus=1"]}))


def test_every_key_says_what_to_write_instead() -> None:
    assert all(key.remedy.startswith("write ") for key in KEYS.values())
