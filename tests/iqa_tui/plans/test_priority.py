"""Which priority starts first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iqa_tui.plans.priority import PRIORITIES, priority_rank


def test_high_starts_before_medium_before_low() -> None:
    assert [priority_rank(priority) for priority in ("high", "medium", "low")] == [0, 1, 2]
    assert sorted(("low", "high", "medium"), key=priority_rank) == list(PRIORITIES)


@given(st.text().filter(lambda text: text not in PRIORITIES))
def test_a_priority_of_a_later_version_counts_as_medium(priority: str) -> None:
    assert priority_rank(priority) == priority_rank("medium")
