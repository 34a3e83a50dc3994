"""`iqa-tui adopt`, as a shell runs it."""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

import pytest

from iqa_tui.trust.signature import why_not_signed
from tests.fakes.lab import Lab, wait_for_end, wait_until
from tests.fakes.shell import Shell, plan_file, shell
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder

__all__ = ["shell"]


@pytest.fixture
def copied(lab: Lab, shell: Shell) -> list[RunFolder]:
    """Two copies of finished launches whose originals are gone, as a colleague's archive brings them."""
    runs = lab.launch({"flags": {"seconds": 0.1}}, {"flags": {"seconds": 0.1}})
    wait_for_end(*runs)
    wait_until(lambda: not lab.processes(), "supervisors and dispatcher to end")
    for run in runs:
        for name in ("attempts", "alive.lock", "supervisor.lock"):  # as they were before they ran
            path = run.path / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(run.path, run.path.with_name(f"{run.run_id}_copy"))
        shutil.rmtree(run.path)
    return list_runs(lab.runs_dir)


def test_status_says_their_origin_and_starts_none_of_them(lab: Lab, shell: Shell, copied: list[RunFolder]) -> None:
    out = shell("status")
    assert "queued elsewhere: its folder is a copy of the one that was queued; `iqa-tui adopt" in out
    assert "0 of 2 finished, 2 queued elsewhere" in out
    assert not lab.dispatchers()


def test_a_group_is_adopted_at_once_and_what_it_runs_is_printed(
    lab: Lab, shell: Shell, copied: list[RunFolder]
) -> None:
    out = shell("adopt", "--group", "stub", "--yes")
    assert out.count("stub_trainer.py") == 2
    assert out.count("is adopted and queued here.") == 2
    wait_for_end(*copied)


def test_without_a_terminal_it_takes_a_yes(
    shell: Shell, copied: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    assert "stub_trainer.py" in shell("adopt", copied[0].run_id, code=2)
    assert "Read the above, then add --yes" in shell.errors
    assert why_not_signed(copied[0])


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("", 1), ("no", 1)])
def test_on_a_terminal_it_asks(
    lab: Lab, shell: Shell, copied: list[RunFolder], monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: answer)
    shell("adopt", copied[0].run_id, code=code)
    assert (why_not_signed(copied[0]) == "") is (code == 0)


def test_what_cannot_be_adopted_is_told_run_by_run(lab: Lab, shell: Shell, copied: list[RunFolder]) -> None:
    copied[0].spec.chmod(0o666)
    shell("adopt", "--group", "stub", "--yes", code=1)
    assert "spec.json may be written by others" in shell.errors
    assert why_not_signed(copied[1]) == ""
    shell("adopt", code=2)
    assert "adopt what?" in shell.errors
    shell("adopt", "--group", "nothing", code=2)
    assert "has no group 'nothing'. It has 'stub'." in shell.errors


def test_plan_says_which_variables_differ_between_the_launches(
    lab: Lab, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_file(lab, '[[experiment]]\nid = "S1"\n[[experiment]]\nid = "S2"\n')
    for only, threads in (("S1", "1"), ("S2", "2")):
        monkeypatch.setenv("MY_THREADS", threads)
        shell("launch", plan, "--only", only, "--headless")
    assert "MY_THREADS: S1 seed 42 | S2 seed 42" in shell("plan", plan, "--environment")
