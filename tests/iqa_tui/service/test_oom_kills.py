"""Processes that the kernel killed for memory."""

from __future__ import annotations

from iqa_tui.service.oom_kills import OomKills


def test_only_who_was_killed_for_memory_lately_counts() -> None:
    machine = {"kills": 7, "now": 0.0}
    kills = OomKills(lambda: int(machine["kills"]), lambda: machine["now"])
    machine["kills"] = 8
    assert kills.lately() == 1
    for now in range(0, 7 * 24 * 3600, 600):  # another user's, a week ago
        machine["now"] = float(now)
        kills.look()
    assert kills.lately() == 0
    machine["kills"] = 10
    kills.look()
    assert kills.lately() == 2
