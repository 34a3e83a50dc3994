"""Runs from elsewhere start only after their owner has seen them and agreed. Real processes, a stub trainer."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.group import group_progress
from iqa_tui.queue.adopt import adopt_run, adoption_of
from iqa_tui.queue.backlog import Backlog
from iqa_tui.queue.dispatching import revive_dispatcher
from iqa_tui.queue.retry import retry_run
from tests.fakes.lab import Lab, state, stub, wait_for, wait_for_end
from tests.fakes.runs import make_run
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import ExitRecord, Signature
from training.runfolder.write import write_record


def copy_of(run: RunFolder) -> RunFolder:
    return RunFolder(shutil.copytree(run.path, run.path.with_name(f"copy of {run.run_id}")))


@pytest.fixture
def queued(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run that no dispatcher has seen yet."""
    with monkeypatch.context() as only:
        only.setattr("iqa_tui.queue.enqueue.ensure_dispatcher", lambda runs_dir: None)
        (run,) = lab.launch({"flags": {"seconds": 0.1}})
    return run


def test_looking_at_a_copy_starts_nothing_and_adopting_it_does(lab: Lab, queued: RunFolder) -> None:
    copy = copy_of(queued)
    shutil.rmtree(queued.path)
    assert not revive_dispatcher(lab.runs_dir)
    (seen,) = Catalog(lab.runs_dir).refresh()
    assert (seen.phase, seen.status.elsewhere) == (Phase.QUEUED, True)
    assert group_progress([seen], time.time()).queued == 0, "no time is forecast for a run that never starts"
    assert [run.run_id for run, _ in Backlog(lab.runs_dir, own_only=True).read().elsewhere] == [copy.run_id]
    adoption = adoption_of(copy)
    assert adoption.why == "its folder is a copy of the one that was queued"
    assert "stub_trainer.py" in adoption.lines[2]
    assert "is adopted and queued here" in adopt_run(adoption)
    wait_for_end(copy)
    assert state(copy) is Phase.FINISHED
    signature = read_record(copy.signature, Signature)
    assert signature is not None
    assert signature.origin.startswith(f"{queued.run_id}, queued by ")


def test_a_copy_of_a_run_that_is_alive_is_lost_and_not_resumed_until_it_is_adopted(lab: Lab) -> None:
    (run,) = lab.launch({"flags": {"seconds": 60}})
    stub(run)
    copy = copy_of(run)
    assert state(copy) is Phase.LOST
    with pytest.raises(LaunchError, match=r"is not tried again: its folder is a copy .* `iqa-tui adopt"):
        retry_run(copy)
    assert Backlog(lab.runs_dir, own_only=True).read().resumable == ()
    adopt_run(adoption_of(copy))
    assert not copy.attempt(1).token.exists(), "what runs for the original is not the copy's"
    assert run.attempt(1).token.exists()
    assert state(copy) is Phase.QUEUED
    assert copy.attempt(2).retry.exists()


def test_a_run_of_an_earlier_version_is_adopted_once_and_keeps_its_spec(lab: Lab, queued: RunFolder) -> None:
    queued.signature.unlink()
    queued.environment.unlink()
    spec = replace(read_spec(queued), env={"OMP_NUM_THREADS": "1"}, device_kind="", devices=None)
    write_record(queued.spec, spec)
    content = queued.spec.read_bytes()
    adoption = adoption_of(queued)
    assert adoption.why == "it was not queued by this program on this host"
    assert adoption.origin.startswith("made by ")
    assert "with OMP_NUM_THREADS as its spec sets them" in adoption.lines[4]
    adopt_run(adoption)
    assert queued.spec.read_bytes() == content
    wait_for(queued, Phase.FINISHED)


@pytest.mark.parametrize("what", ["finished", "alive", "queued here", "open to others", "unreadable"])
def test_what_cannot_be_adopted_says_why(lab: Lab, queued: RunFolder, what: str) -> None:
    words = {"queued here": "was queued here: there is nothing to adopt"}
    if what == "finished":
        write_record(queued.attempt(1).exit, ExitRecord(ExitKind.FINISHED, "", 1.0, 1.0))
        words[what] = "is finished: only a run that is queued or has ended can be adopted"
    elif what == "alive":
        (queued,) = lab.launch({"flags": {"seconds": 60}})
        wait_for(queued, Phase.RUNNING)
        words[what] = "is running: only a run that is queued or has ended can be adopted"
    elif what == "open to others":
        queued.spec.chmod(0o666)
        words[what] = "spec.json may be written by others. Look at what is in it: `chmod -R go-w"
    elif what == "unreadable":
        queued.spec.write_text("{")
        words[what] = "is unreadable"
    with pytest.raises(LaunchError, match=words[what]):
        adoption_of(queued)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_run_is_not_adopted(queued: RunFolder) -> None:
    os.chown(queued.path, 61234, 61234)
    with pytest.raises(LaunchError, match=r"belongs to user 61234. Copy its folder"):
        adoption_of(queued)


def test_a_renamed_folder_of_runs_keeps_its_dispatcher_and_its_runs(lab: Lab) -> None:
    first, second = lab.launch({"flags": {"seconds": 0.6}}, {"flags": {"seconds": 0.1}})
    stub(first)
    old = lab.runs_dir.rename(lab.folder / "old")
    for run in (first, second):
        moved = RunFolder(old / run.run_id)
        wait_for_end(moved)
        assert state(moved) is Phase.FINISHED
    assert not lab.runs_dir.exists(), "no writer makes the old folder anew"


def test_what_is_added_to_the_command_of_a_tuned_run_is_said(tmp_path: Path) -> None:
    run = make_run(tmp_path, "a", tune={"grid": {"lr": [1e-5, 2e-5]}, "trials": ["t1", "t2"]})
    assert "  tuned        with the best of lr 1e-5, 2e-5, by 2 tuning runs" in adoption_of(run).lines
    run.tuned.write_text("{}")
    assert "  tuned        with what tuned.json says was chosen, out of lr 1e-5, 2e-5" in adoption_of(run).lines
