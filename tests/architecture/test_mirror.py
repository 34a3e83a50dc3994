"""The tests mirror the tree: each test file is named after the module that it tests."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OTHERWISE_NAMED = {
    "iqa_tui/launch/test_old_paths.py": "four programs, each started by its old path",
    "iqa_tui/service/test_hard_trainers.py": "a supervisor and trainers that misbehave",
    "iqa_tui/results/test_scales.py": "predictions without a scale, in all that results say",
    "iqa_tui/results/test_splits.py": "random splits in all that results say, from run folders on",
    "iqa_tui/panels/test_slurm_rows.py": "what Slurm says of a run, from its answer to the text of a row",
    "iqa_tui/results/intervals/test_simulation.py": "intervals of simulated tables, whose true differences are known",
    "iqa_tui/screens/test_few_colours.py": "what 16 colours and none leave on screen",
    "iqa_tui/screens/test_few_lines.py": "dialogs in a terminal of few lines",
    "iqa_tui/screens/test_launch_slurm.py": "the launch screen and the monitor on a machine with Slurm",
    "iqa_tui/screens/test_sequences.py": "what any sequence of sizes and keys leaves on screen",
    "training/checkpoints/test_crashes.py": "a training process that is killed at each of its writes",
    "training/checkpoints/test_resume.py": "a run that is resumed, from flags to result",
    "training/losses/test_losses.py": "what holds for every loss",
    "training/process/test_moved_folder.py": "a training process whose folder is moved",
    "training/run/test_mixed_run.py": "one network on two data sets, from flags to result, prediction and test",
    "training/run/test_no_test.py": "a run that never scores the test split",
    "training/run/test_outputs.py": "runs whose network has more outputs, from flags to scores",
    "training/run/test_steps.py": "flags of a step in a whole run, against a plain loop",
    "training/runfolder/test_golden.py": "the bytes of whole run folders",
    "training/test_predict_flags.py": "`training.predict` again: its flags, and files that are none",
    "training/test_main.py": "`python -m training`, whose module is __main__",
}
"""Test file to what it tests, if that is no module of its name."""


@pytest.mark.parametrize("package", ["iqa_tui", "training"])
def test_every_test_file_is_named_after_a_module(package: str) -> None:
    files = [path.relative_to(ROOT / "tests") for path in (ROOT / "tests" / package).rglob("test_*.py")]
    assert len(files) > 50
    strays = [file for file in files if not (ROOT / file.with_name(file.name.removeprefix("test_"))).is_file()]
    expected = [name for name in OTHERWISE_NAMED if name.startswith(f"{package}/")]
    assert sorted(map(str, strays)) == sorted(expected)


def test_no_test_file_imports_another() -> None:
    importing = [
        path
        for path in (ROOT / "tests").rglob("*.py")
        if any(line.startswith("from tests.") and ".test_" in line.split()[1] for line in path.read_text().splitlines())
    ]
    assert importing == []
