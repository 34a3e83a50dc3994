"""Taking over what another host began: on its user's word alone, after a look at what two writers would do."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.__main__ import main
from iqa_tui.errors import LaunchError
from iqa_tui.queue import elsewhere
from iqa_tui.queue.elsewhere import take_over, takeover_of
from iqa_tui.queue.retry import retry_run
from iqa_tui.queue.stop import stop_run
from iqa_tui.trust.signature import why_not_signed
from tests.fakes.run_folders import FakeRun
from training.runfolder.exits import ExitKind
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.phase import Phase
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord, ProcessRecord, RetryRecord, Signature
from training.runfolder.status import run_status
from training.runfolder.write import write_record


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run that nodeb queued and began."""
    monkeypatch.setattr(elsewhere, "ensure_dispatcher", lambda runs_dir: None)
    run = FakeRun.queue(tmp_path / "runs", "F2", devices=["cpu"]).start().run
    signature, process = read_record(run.signature, Signature), read_record(run.attempt(1).process, ProcessRecord)
    assert signature is not None
    assert process is not None
    write_record(run.signature, replace(signature, host="nodeb", machine="b"))
    write_record(run.attempt(1).process, replace(process, host="nodeb", machine="b", boot_id="their-boot"))
    run.attempt(1).beat.touch()
    return run


def test_a_retry_is_refused_and_names_the_way(foreign: RunFolder) -> None:
    with pytest.raises(LaunchError, match=r"on nodeb, last sign of life .*`iqa-tui retry --from-elsewhere "):
        retry_run(foreign)
    write_record(foreign.attempt(1).exit, ExitRecord(ExitKind.FAILED, "exit 1", 1.0, 1.0))
    with pytest.raises(LaunchError, match=r"is failed: exit 1 on nodeb\. If nodeb does nothing with it any more"):
        retry_run(foreign)


def test_a_stop_goes_by_file_and_says_whom_it_asks(foreign: RunFolder) -> None:
    assert stop_run(foreign).endswith(
        "nodeb's supervisor is asked to stop it. It looks for that several times a second."
    )
    assert foreign.stop.exists()
    os.utime(foreign.attempt(1).beat, (1.0, 1.0))
    assert "if that host is gone, the request stays unread" in stop_run(foreign, grace_seconds=1.0)


def test_taking_over_queues_the_next_attempt_here_signed_anew(foreign: RunFolder) -> None:
    takeover = takeover_of(foreign)
    assert "two trainers would write in one folder" in "\n".join(takeover.lines)
    assert "exits within seconds after the new owner.json is written" in "\n".join(takeover.lines)
    assert why_not_signed(foreign)
    assert take_over(takeover) == f"{foreign.run_id} is taken over from nodeb and queued here."
    assert why_not_signed(foreign) == ""
    assert run_status(foreign).phase is Phase.QUEUED
    retry, signature = read_record(foreign.attempt(2).retry, RetryRecord), read_record(foreign.signature, Signature)
    assert retry is not None
    assert signature is not None
    assert retry.why.startswith("taken over from nodeb; ")
    assert signature.origin == "taken over from nodeb"


def test_of_an_external_trainer_it_says_that_it_reads_no_fence(foreign: RunFolder) -> None:
    takeover = replace(takeover_of(foreign), spec=replace(takeover_of(foreign).spec, trainer="command"))
    words = "\n".join(takeover.lines)
    assert "external program, which looks at no owner.json" in words
    assert "under the folder's old name" in words


def test_of_one_that_has_ended_there_is_no_danger(foreign: RunFolder) -> None:
    write_record(foreign.attempt(1).exit, ExitRecord(ExitKind.FAILED, "exit 1", 1.0, 1.0))
    assert "It has ended on nodeb" in takeover_of(foreign).lines[1]


@pytest.mark.parametrize("what", ["ours", "queued", "finished", "held"])
def test_what_cannot_be_taken_over_says_why(foreign: RunFolder, tmp_path: Path, what: str) -> None:
    words = {"ours": "is this host's own", "held": "a living process holds its lock, so nodeb is not gone"}
    run, locks = foreign, []
    if what == "ours":
        run = FakeRun.queue(tmp_path / "runs", "F3").start().run
    elif what == "queued":
        run = FakeRun.queue(tmp_path / "runs", "F3").run
    elif what == "finished":
        write_record(foreign.attempt(1).exit, ExitRecord(ExitKind.FINISHED, "", 1.0, 1.0))
    else:
        locks = [take_lock(foreign.alive_lock)]
    with pytest.raises(LaunchError, match=words.get(what, "there is nothing to take over from another host")):
        takeover_of(run)
    for lock in locks:
        os.close(lock)


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("", 1), ("n", 1)])
def test_the_command_asks_on_a_terminal(
    foreign: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, code: int
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answer)
    order = ["--runs-dir", str(foreign.runs_dir), "retry", "--from-elsewhere", "F2"]
    assert main(order) == code
    assert asked == ["Does nothing on nodeb work on this run any more? Go on here? [y/N] "]
    assert "two trainers would write in one folder" in capsys.readouterr().out
    assert (why_not_signed(foreign) == "") is (code == 0)


def test_a_host_that_gives_a_sign_of_life_during_the_question_is_not_gone(
    foreign: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    os.utime(foreign.attempt(1).beat, (1.0, 1.0))
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: os.utime(foreign.attempt(1).beat) or "y")
    order = ["--runs-dir", str(foreign.runs_dir), "retry", "--from-elsewhere", "F2"]
    assert main(order) == 1
    assert f"{foreign.run_id} gave a sign of life on nodeb while you were asked" in capsys.readouterr().err
    assert why_not_signed(foreign), "it is still the other host's"
    assert main([*order, "--yes"]) == 0


def test_without_a_terminal_the_command_takes_a_yes(foreign: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    order = ["--runs-dir", str(foreign.runs_dir), "retry", "--from-elsewhere", "F2"]
    assert main(order) == 2
    assert "add --yes" in capsys.readouterr().err
    assert main([*order, "--yes"]) == 0
    assert main(["--runs-dir", str(foreign.runs_dir), "retry", "--from-elsewhere"]) == 2
