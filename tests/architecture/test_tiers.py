"""Every test has exactly one tier, and those of the tier `unit` start no process and load no torch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import TIERS, tier_of

TESTS = Path(__file__).parents[1]


def test_every_test_of_this_run_has_one_tier(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        tiers = [tier for tier in TIERS if item.get_closest_marker(tier)]
        assert len(tiers) == 1, f"{item.nodeid}: {tiers}"


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("iqa_tui/plans/test_plan.py", "unit"),
        ("iqa_tui/test_app.py", "screen"),
        ("iqa_tui/screens/test_launch.py", "screen"),
        ("iqa_tui/service/test_supervisor.py", "process"),
        ("training/network/test_quality.py", "torch"),
        ("terminal/test_real_terminal.py", "system"),
    ],
)
def test_a_file_s_tier_is_what_its_tests_need(name: str, tier: str) -> None:
    assert tier_of(TESTS / name) == tier
