"""`iqa-tui findings`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.fakes.ablation import LOSSES, make_ablation
from tests.fakes.lab import Lab
from tests.fakes.shell import Shell


@pytest.fixture
def finished(lab: Lab) -> Lab:
    make_ablation(lab.runs_dir, {row: LOSSES[row][:2] for row in ("F1", "F3")}, images=60)
    return lab


def test_what_the_runs_show_is_printed_in_sections(finished: Lab, shell: Shell) -> None:
    told = shell("findings")
    assert told.startswith("Loss functions on KonIQ-10k, Swin-Base\n\nRECOMMENDATION\n")
    for heading in ("HYPOTHESES", "QUESTIONS", "TEST SRCC", "DIFFERENCE TO F1 IN SRCC", "TRAINING AND COST", "LIMITS"):
        assert f"\n{heading}\n" in told
    assert shell.errors == ""


def test_programs_get_json_and_pages_markdown(finished: Lab, shell: Shell) -> None:
    assert json.loads(shell("findings", "koniq-losses", "--format", "json"))["group"] == "koniq-losses"
    assert shell("findings", "--format", "markdown").startswith("# Loss functions on KonIQ-10k")


def test_the_hypotheses_of_another_plan_may_be_asked(finished: Lab, shell: Shell) -> None:
    plan = finished.folder / "mine.toml"
    rows = '[[experiment]]\nid = "F1"\n[[experiment]]\nid = "F3"\n'
    plan.write_text(f'name = "koniq-losses"\n{rows}[[hypothesis]]\nid = "mine"\npredict = "F3 >= 0.1"\n')
    (own,) = json.loads(shell("findings", "--plan", str(plan), "--format", "json"))["hypotheses"]
    assert (own["id"], own["verdict"]) == ("mine", "holds")


def test_without_runs_it_says_what_to_do(lab: Lab, shell: Shell) -> None:
    shell("findings", code=2)
    assert "There are no runs" in shell.errors
    assert "Launch a plan first" in shell.errors


def test_another_group_is_compared_row_by_row(finished: Lab, shell: Shell, tmp_path: Path) -> None:
    for run in make_ablation(tmp_path / "more", {"F1": LOSSES["F1"][1:]}, images=60).values():
        spec = json.loads(run.spec.read_text())
        run.spec.write_text(json.dumps({**spec, "group": "tuned"}))
        shutil.move(run.path, finished.runs_dir / f"{run.path.name}-tuned")
    told = shell("findings", "koniq-losses", "--against", "tuned")
    assert "\nDIFFERENCE TO TUNED IN SRCC\n" in told
    shell("findings", "koniq-losses", "--against", "none", code=2)
    assert "no group 'none'" in shell.errors
    shell("findings", "tuned", "--against", "tuned", code=2)
    assert "--against tuned: that is the group itself. Name another one." in shell.errors


def test_a_group_that_is_none_is_answered_with_those_that_are(finished: Lab, shell: Shell) -> None:
    shell("findings", "nothing", code=2)
    assert "no group 'nothing'. It has 'koniq-losses'" in shell.errors


def test_a_group_without_a_finished_run_says_what_is_missing(lab: Lab, shell: Shell) -> None:
    make_ablation(lab.runs_dir, {"F2": LOSSES["F2"][:1]}, images=20)
    told = shell("findings")
    assert "F3 has no result yet" in told.replace("\n", " ")
    assert "not run yet" in told
