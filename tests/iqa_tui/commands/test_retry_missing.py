"""`retry --missing`, and what a launch says of a group that it joins, with real runs of a stub."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from iqa_tui.plans import trainer_files as source
from tests.fakes.lab import STUB, Lab, state, wait_for_end
from tests.fakes.run_folders import FakeRun, hold_dispatcher_lock
from tests.fakes.shell import Shell
from training.runfolder.folders import list_runs
from training.runfolder.phase import Phase
from training.runfolder.read import read_spec


def plan_file(lab: Lab, bad_code: int = 3) -> str:
    command = json.dumps([sys.executable, str(STUB), "--run_folder", "{run_folder}"])
    path = lab.folder / "stub.toml"
    path.write_text(f"""
name = "stub"
command = {command}
[[experiment]]
id = "A"
[[experiment]]
id = "B"
flags = {{ exit = {bad_code} }}
[[experiment]]
id = "C"
[[experiment]]
id = "D"
selected = false
""")
    return str(path)


def pairs(lab: Lab) -> list[tuple[str, int, Phase]]:
    known = [(read_spec(run), state(run)) for run in list_runs(lab.runs_dir)]
    return sorted((spec.experiment, spec.seed, now) for spec, now in known)


def test_only_what_has_no_result_is_launched(lab: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_file(lab)
    launched = ["launch", plan, "--only", "A,B", "--seeds", "1,2,2", "--set", "say=hi", "--headless"]
    shell(*launched, code=1)  # B fails
    assert [pair[:2] for pair in pairs(lab)] == [("A", 1), ("A", 2), ("B", 1), ("B", 2)]
    (lab.folder / "elsewhere").mkdir()
    monkeypatch.chdir(lab.folder / "elsewhere")
    out = shell("retry", "--missing")
    assert out.startswith("stub say=hi: 2 of 6 have a result, 2 ended without one, 2 were never launched.\n")
    assert out.count("is queued again.") == 2
    assert out.count("it was never launched") == 2
    runs = list_runs(lab.runs_dir)
    wait_for_end(*runs)
    assert pairs(lab) == [
        *(("A", seed, Phase.FINISHED) for seed in (1, 2)),
        *(("B", seed, Phase.FAILED) for seed in (1, 2)),
        *(("C", seed, Phase.FINISHED) for seed in (1, 2)),
    ]
    (new,) = [run for run in runs if read_spec(run).experiment == "C" and read_spec(run).seed == 2]
    spec = read_spec(new)
    assert spec.group == "stub say=hi"
    assert spec.argv[-4:] == ["--say", "hi", "--seed", "2"]
    assert spec.cwd != str(Path.cwd())  # as the others were launched, not where we are now
    out = shell("retry", "--missing", "stub", "--only", "A,C")
    assert out == "stub say=hi: 4 of 4 have a result.\nNothing is missing.\n"


def test_what_is_under_way_is_left_alone_and_other_seeds_may_be_named(lab: Lab, shell: Shell) -> None:
    dispatching = hold_dispatcher_lock(lab.runs_dir)
    lab.launch({}, {})
    out = shell("retry", "--missing", "--seeds", "42,7", "--only", "S1")
    os.close(dispatching)
    assert out.startswith("stub: 0 of 2 have a result, 1 is under way, 1 was never launched.")
    assert [pair[:2] for pair in pairs(lab)] == [("S1", 7), ("S1", 42), ("S2", 42)]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["retry", "--missing"], "There are no runs of a plan in"),
        (["retry"], "Name runs, or say --missing"),
        (["retry", "--missing", "a", "b"], "--missing takes one group"),
    ],
)
def test_what_cannot_be_meant_is_refused(shell: Shell, words: list[str], error: str) -> None:
    shell(*words, code=2)
    assert error in shell.errors


def test_a_group_that_is_not_there_is_named_with_those_that_are(lab: Lab, shell: Shell) -> None:
    FakeRun.queue(lab.runs_dir, "F2")
    shell("retry", "--missing", "other", code=2)
    assert "has no group 'other'. Name one of 'koniq-losses'." in shell.errors


def test_launching_other_code_into_a_group_says_so_and_status_does_too(
    lab: Lab, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_file(lab, bad_code=0)
    shell("launch", plan, "--only", "A", "--headless")
    assert shell.errors == ""
    monkeypatch.setattr(source, "source_digest", lambda files: "newer-code")
    shell("launch", plan, "--only", "B", "--headless")
    assert "stub has runs of other trainer code: A by " in shell.errors
    assert "what is launched now is newer-code" in shell.errors
    out = shell("status")
    assert "stub: 2 of 2 finished\n  trainer code differs: A by " in out
    (group,) = json.loads(shell("status", "--json"))["groups"]
    assert group["words"] == "2 of 2 finished"
    assert (group["finished"], group["total"], len(group["source_digests"])) == (2, 2, 2)
    assert group["note"].startswith("trainer code differs")


def test_launching_an_edited_plan_of_the_same_name_says_what_stood_in_it_before(lab: Lab, shell: Shell) -> None:
    shell("launch", plan_file(lab), "--only", "A,B", "--headless", code=1)  # B fails, so it has no number
    changed = Path(plan_file(lab, bad_code=4))
    changed.write_text(changed.read_text().replace('id = "A"', 'id = "A"\nflags = { say = "more" }'))
    shell("launch", str(changed), "--only", "C", "--headless")
    assert "stub has runs of other settings than this plan's: A with no say.\n" in shell.errors
    assert "give the plan another `name`" in shell.errors
