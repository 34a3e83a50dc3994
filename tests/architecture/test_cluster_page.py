"""The page on clusters tells the truth: its plans are plans, its commands are understood, its keys are all that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from iqa_tui.commands.parser import parse
from iqa_tui.plans.plan import load_plan
from iqa_tui.slurm.options import DEFAULTS, KEYS
from tests.fakes.slurm import FakeSlurm, slurm

__all__ = ["slurm"]
PAGE = (Path(__file__).parents[2] / "docs" / "cluster.md").read_text()
PLANS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("part", PLANS)
def test_what_it_shows_of_a_plan_is_a_plan(part: str, tmp_path: Path) -> None:
    path = tmp_path / "cluster.toml"
    path.write_text(part if "name =" in part else f'name = "own"\nextends = "koniq-losses"\n{part}')
    plan = load_plan(str(path))
    assert plan.slurm
    assert len(plan.experiments) == 5


def test_its_table_has_every_key_and_the_usual_lead() -> None:
    table = PAGE.partition("## Keys of")[2].partition("\n## ")[0]
    named = {key for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}
    assert named == set(KEYS)
    assert f"({DEFAULTS['lead']})" in table
    assert f'`"{DEFAULTS["gres"]}"` by default' in table


def test_its_commands_are_understood(slurm: FakeSlurm) -> None:
    commands = re.findall(r"^iqa-tui (.* --engine slurm.*)$", PAGE, re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["doctor", "plan", "launch"]
    for command in commands:
        assert parse(shlex.split(command)).engine == "slurm"
