"""A small plan that tunes, as a user writes it."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.plans.plan import Plan, load_plan

PLAN = """
name = "tiny"
demo = true
[base]
dataset = "demo"
backbone = "test_efficientnet"
weights = "none"
epochs = 4
lr = 3e-4
train_test_num = 1
seed = 7
[tune]
lr = [1e-4, 1e-3]
epochs = 1
images = 24
[[experiment]]
id = "F1"
label = "L1"
flags = { loss_type = "l1" }
expected_hours = 1.0
[[experiment]]
id = "F2"
label = "L2"
flags = { loss_type = "l2" }
expected_hours = 2.0
"""


def tuned_plan(folder: Path, was: str = "", now: str = "") -> Plan:
    """The plan, with one text in it replaced by another."""
    path = folder / "tiny.toml"
    path.write_text(PLAN.replace(was, now) if was else PLAN)
    return load_plan(str(path))
