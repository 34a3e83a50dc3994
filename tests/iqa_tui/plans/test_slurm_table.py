"""`[slurm]` in a plan."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import load_plan
from iqa_tui.plans.request import LaunchRequest

PLAN = """name = "p"
command = ["true"]
[slurm]
partition = "gpu"
time = "4:00:00"
pass = ["HF_HOME"]
[[experiment]]
id = "A"
[[experiment]]
id = "B"
slurm = { time = 30, gres = "gpu:a100:1" }
"""


def write(folder: Path, text: str) -> str:
    (folder / "plan.toml").write_text(text)
    return str(folder / "plan.toml")


def test_a_row_asks_for_what_the_plan_asks_for_and_for_its_own(tmp_path: Path) -> None:
    plan = load_plan(write(tmp_path, PLAN))
    request = LaunchRequest(plan, engine="slurm", slurm={"partition": "high"})
    first, second = (request.slurm_options(experiment) for experiment in plan.experiments)
    assert first == {"partition": "high", "time": "4:00:00", "gres": "gpu:1", "lead": 120, "pass": ["HF_HOME"]}
    assert second == first | {"time": 30, "gres": "gpu:a100:1"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('partition = "gpu"', 'partiton = "gpu"', r"slurm: partiton = 'gpu': there is no such key.*at line 4"),
        ('time = "4:00:00"', 'time = "soon"', r"slurm: time = 'soon': write minutes.*at line 5"),
        ("time = 30", "hours = 30", r"experiment B: slurm: hours = 30: there is no such key.*at line 11"),
        ("[slurm]", "[base.slurm]", r"slurm"),
        ("slurm = {", 'slurm = "gpu" #', r"experiment B: slurm = 'gpu': write a table.*at line 11"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        load_plan(write(tmp_path, PLAN.replace(old, new)))
