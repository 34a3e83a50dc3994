"""`iqa-tui export`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from tests.fakes.lab import Lab
from tests.fakes.shell import LONG, Shell, plan_file


def test_the_table_is_printed_or_written(lab: Lab, shell: Shell) -> None:
    assert "| Loss | Test SRCC |" in shell("export", "koniq-losses")
    path = lab.folder / "table.csv"
    assert shell("export", "koniq-losses", "--format", "csv", "--output", str(path)) == ""
    assert path.read_text().startswith("id,label,loss_type,srcc")
    assert str(path) in shell.errors


def test_the_newest_group_of_a_plan_is_the_one_that_is_exported(lab: Lab, shell: Shell) -> None:
    plan = plan_file(lab, LONG)
    shell("launch", plan, "--set", "seconds=0", "--headless")
    content: dict[str, Any] = json.loads(shell("export", plan, "--format", "json"))
    for named in (content, *content["rows"]):
        assert (named["plan"], named["group"]) == ("stub", "stub seconds=0")


def test_a_reader_that_has_enough_is_no_error(lab: Lab) -> None:
    command = (
        f"{sys.executable} -m iqa_tui --runs-dir {lab.runs_dir} plan koniq-losses | head -1; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
