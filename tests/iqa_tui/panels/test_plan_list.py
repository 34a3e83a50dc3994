"""The plans that can be launched."""

from __future__ import annotations

from iqa_tui.panels.plan_list import PlanList
from iqa_tui.plans.plan import plan_from


def test_a_plan_that_cannot_be_read_stands_among_the_others_by_its_file_name() -> None:
    plans = PlanList()
    plan = plan_from({"name": "small", "title": "A small\x1b plan", "experiment": [{"id": "A"}]}, "small.toml")
    plans.show_plans({"small": plan, "/lab/plans/broken.toml": "broken.toml: this is no TOML."})
    shown = ["".join(part for part, _ in line).rstrip() for line in plans.draw(60, 9)]
    assert shown == [r"small          A small\x1b plan", "broken.toml    cannot be read"]
    assert plans.row_keys == ("small", "/lab/plans/broken.toml")
