"""One question to Slurm for all runs, and what is made of its answers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from iqa_tui.slurm import answers as answers_module
from iqa_tui.slurm import look as look_module
from iqa_tui.slurm.answers import Answers, last_answers
from iqa_tui.slurm.look import Asked, Overheard, is_due, look, look_in_a_thread
from tests.fakes.slurm import FakeSlurm, slurm
from training.runfolder.job import Course, JobRecord

__all__ = ["slurm"]
JOB = JobRecord("7", "lab", 100.0, "ann@login", ["--gres=gpu:1", "--output=/r/slurm.out"])


def test_one_squeue_with_an_explicit_format_is_asked_for_all_runs_and_no_variable_changes_it(
    slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SQUEUE_FORMAT", "%i")
    monkeypatch.setenv("SLURM_JOB_ID", "1")
    slurm.shows("7", "RUNNING", "r", node="lab1", ends="1795460400")
    word = look().word_on("r", JOB)
    assert word.is_fresh
    assert word.line is not None
    assert (word.line.course, word.line.node, word.line.ends) == (Course.ALIVE, "lab1", 1_795_460_400.0)
    (call,) = slurm.calls("squeue")
    assert call["argv"] == ["squeue", "-h", "-r", "-t", "all", "--me", "-o", "%i|%T|%r|%N|%S|%e|%l|%L|%P|%V|%k"]
    assert call["names"] == ["SLURM_TIME_FORMAT"]


def test_a_job_of_that_number_with_another_comment_is_not_the_runs(slurm: FakeSlurm) -> None:
    slurm.shows("7", "RUNNING", "another")
    assert look().word_on("r", JOB).line is None


def test_a_comment_may_hold_anything(slurm: FakeSlurm) -> None:
    slurm.shows("7", "PENDING", "a|b", reason="Resources")
    assert look().word_on("a|b", JOB).why == "waits for a GPU"


def test_the_answer_is_shared_through_the_state_folder_and_not_asked_for_again_within_15_s(
    slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_module, "PERIOD_SECONDS", 15.0)
    slurm.shows("7", "RUNNING", "r")
    look()
    answers_module._KEPT.clear()
    assert last_answers().word_on("r", JOB).line is not None
    look()
    assert look_in_a_thread() is None
    assert len(slurm.calls("squeue")) == 1


def test_a_silent_controller_is_asked_less_and_less_often_and_what_was_known_stays(slurm: FakeSlurm) -> None:
    slurm.shows("7", "RUNNING", "r")
    look()
    slurm.is_silent()
    answers = look()
    assert answers.failures == 1
    assert answers.trouble.startswith("Unable to contact slurm controller")
    assert answers.word_on("r", JOB).line is not None
    pauses = [next(s for s in range(1000) if is_due(Answers(asked=0.0, failures=f), float(s))) for f in range(8)]
    assert pauses == [0] * 8  # the fixture sets the period to 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(look_module, "PERIOD_SECONDS", 15.0)
        pauses = [next(s for s in range(1000) if is_due(Answers(asked=0.0, failures=f), float(s))) for f in range(7)]
    assert pauses == [15, 30, 60, 120, 240, 300, 300]


def test_a_job_is_gone_only_after_two_answers_without_it_a_minute_apart() -> None:
    line = "7|RUNNING|None|lab1|N/A|N/A|1:00|1:00|gpu|0|iqa-tui:r"
    seen = Answers().with_answer(line, 1000.0)
    once = seen.with_answer("", 1015.0)
    assert not once.word_on("r", JOB).is_gone
    soon = once.with_answer("", 1060.0)
    assert not soon.word_on("r", JOB).is_gone
    twice = soon.with_answer("", 1076.0)
    assert twice.word_on("r", JOB).is_gone
    assert not twice.with_answer(line, 1090.0).word_on("r", JOB).is_gone


def test_a_job_whose_number_another_one_has_is_gone_at_once() -> None:
    other = "7|PENDING|None||N/A|N/A|1:00|1:00|gpu|105|"
    word = Answers().with_answer(other, 110.0).word_on("r", JOB)
    assert (word.is_gone, word.is_taken) == (True, True)
    before = Answers().with_answer(other, 90.0).word_on("r", JOB)  # an answer from before its submission
    assert (word.line, before.is_gone, before.missing_seconds) == (None, False, None)
    of_old = Answers().with_answer(other.replace("|105|", "|1|"), 1000.0)  # of another cluster
    late = JobRecord("7", "lab", 900.0, "ann@login")
    assert not of_old.word_on("r", late).is_taken


def test_the_accounting_tells_jobs_of_one_number_by_the_command_line_that_submitted_them() -> None:
    lacks = Answers().with_answer("", 1000.0)
    line = "7|CANCELLED|1200|lab1|950|sbatch --parsable --comment=iqa-tui:{} --requeue"
    ours = lacks.with_ended(line.format("r"), {"7": "iqa-tui:r"}).word_on("r", JOB)  # submitted again by a requeue
    assert ours.line is not None
    assert ours.line.state == "CANCELLED"
    another = lacks.with_ended(line.format("r2"), {"7": "iqa-tui:r"}).word_on("r", JOB)
    assert (another.line, another.is_taken, another.is_gone) == (None, True, True)


def test_an_accounting_that_keeps_no_command_lines_is_asked_without(
    slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_module._Wanted, "jobs", {})
    monkeypatch.setattr(look_module._Wanted, "asked", {})
    fields = "JobID,State,End,NodeList,Submit"
    question = ("sacct", "-n", "-X", "-P", "-o")
    slurm.answers(
        *question, f"{fields},SubmitLine", err='sacct: error: Invalid field requested: "SubmitLine"\n', code=1
    )
    slurm.answers(*question, fields, out="7|NODE_FAIL|1200|lab1|110\n")
    word = Asked().word_on("r", JOB)
    assert word.line is not None
    assert word.line.state == "NODE_FAIL"


def test_answers_from_earlier_than_its_submission_say_nothing_of_a_job() -> None:
    late = JobRecord("7", "lab", 1070.0, "ann@login")
    answers = Answers().with_answer("", 1000.0).with_answer("", 1080.0)
    assert not answers.word_on("r", late).is_gone


def test_how_long_a_partition_allows_is_asked_for_once_it_matters(slurm: FakeSlurm) -> None:
    slurm.shows("7", "PENDING", "r", reason="PartitionTimeLimit", partition="short")
    assert look().word_on("r", JOB).why == "will never start: asks 60 min, short allows 2 min"


def test_who_orders_something_waits_for_the_answer_and_who_shows_runs_does_not(slurm: FakeSlurm) -> None:
    slurm.shows("7", "RUNNING", "r")
    assert Asked().word_on("r", JOB).line is not None
    Overheard().word_on("r", JOB)
    thread = look_in_a_thread()
    assert thread is not None
    thread.join(30)
    assert len(slurm.calls("squeue")) >= 2


def test_the_accounting_is_asked_for_jobs_that_squeue_shows_no_more_and_its_running_proves_nothing(
    slurm: FakeSlurm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_module._Wanted, "jobs", {})
    monkeypatch.setattr(look_module._Wanted, "asked", {})
    slurm.answers(
        "sacct", out="7|NODE_FAIL|1200|lab1|110\n8|RUNNING|Unknown|lab2|110\n9|CANCELLED by 0|1200|lab2|9000\n"
    )
    others = [JobRecord(number, "lab", 100.0, "ann") for number in ("8", "9")]
    for job in others:
        look_module._word_on("r", job)
    word = Asked().word_on("r", JOB)
    assert word.line is not None
    assert (word.line.state, word.line.ends, word.why) == ("NODE_FAIL", 1200.0, "node lab1 failed under it")
    assert [last_answers().word_on("r", job).line for job in others] == [None, None]
    asked = [str(call["argv"][-1]) for call in slurm.calls("sacct")]  # type: ignore[index]
    assert asked == ["8,9", "7"]
    Asked().word_on("r", JOB)
    assert len(slurm.calls("sacct")) == 2


def test_a_machine_without_slurm_is_never_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("IQA_TUI_STATE", str(tmp_path / "state"))
    word = Asked().word_on("r", JOB)
    assert word.age_seconds == float("inf")
    assert not word.is_fresh
    assert not (tmp_path / "state").exists()


def test_a_damaged_answer_was_not_heard(slurm: FakeSlurm) -> None:
    look()
    time.sleep(0.01)
    (answers_module.state_path() / "slurm.lab.json").write_text('{"answered": "yesterday"}')
    assert last_answers() == Answers()
