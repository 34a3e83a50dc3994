"""`iqa-tui plan`."""

from __future__ import annotations

import pytest

from tests.fakes.shell import Shell


@pytest.mark.parametrize(("gpus", "hours"), [("4", "2.0 h"), ("1", "7.4 h"), ("2", "3.7 h")])
def test_the_plan_says_what_runs_where_and_how_long_it_takes(shell: Shell, gpus: str, hours: str) -> None:
    out = shell("plan", "koniq-losses", "--gpus", gpus)
    assert f"all at once: {hours}." in out
    assert "all at once: 1.5 h." in shell("plan", "koniq-losses", "--gpus", "4", "--time-limit", "1.5")
    assert "F2: python -m training --dataset koniq-10k" in out


def test_plan_without_a_name_lists_the_presets(shell: Shell) -> None:
    assert "koniq-losses  Loss functions on KonIQ-10k" in shell("plan")
