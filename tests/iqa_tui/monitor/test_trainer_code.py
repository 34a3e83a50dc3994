"""By which trainer code runs were made."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.listing import read_runs
from iqa_tui.monitor.trainer_code import code_note, codes_of, made_by, other_code_words
from tests.fakes.run_folders import FakeRun


def test_the_code_that_ran_counts_more_than_the_code_at_launch(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", source_digest="aaa")
    FakeRun.queue(tmp_path, "F3", source_digest="aaa").start().finish(source_digest="bbb")
    FakeRun.queue(tmp_path, "F4", source_digest="aaa").start().writer().write("started", source_digest="ccc")
    codes = {"aaa": ["F2"], "bbb": ["F3"], "ccc": ["F4"]}
    assert codes_of(read_runs(tmp_path)) == codes
    assert codes_of(Catalog(tmp_path).refresh()) == codes


def test_a_run_of_which_nothing_is_known_has_no_code() -> None:
    assert made_by((), None, None) == ()


def test_a_user_who_joins_a_group_of_other_code_reads_what_and_what_to_do() -> None:
    codes = {"aaa": ["F2"], "bbb": ["F3"]}
    what, remedy = other_code_words("koniq-losses", codes, "aaa")
    assert what == "koniq-losses has runs of other trainer code: F3 by bbb; what is launched now is aaa."
    assert "launch every row again" in remedy
    assert other_code_words("koniq-losses", {"aaa": ["F2"]}, "aaa") == []
    assert other_code_words("koniq-losses", codes, "") == []


def test_different_trainer_code_in_a_group_is_said_with_the_runs_of_each(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", source_digest="aaa")
    FakeRun.queue(tmp_path, "F3", source_digest="aaa")
    FakeRun.queue(tmp_path, "F4")  # of unknown code, as an external trainer may be: nothing is said
    assert code_note(Catalog(tmp_path).refresh()) == ""
    changed = FakeRun.queue(tmp_path, "F5", source_digest="aaa").start()
    changed.writer().write("started", source_digest="bbb")  # the code was changed while it waited
    assert code_note(Catalog(tmp_path).refresh()) == (
        "trainer code differs: F2, F3 by aaa, F5 by bbb; launch the older ones again to compare them"
    )


def test_a_run_resumed_by_other_code_names_both(tmp_path: Path) -> None:
    fake = FakeRun.queue(tmp_path, "F2", source_digest="aaa").start()
    for digest in ("aaa", "bbb", "bbb"):
        fake.writer().write("started", source_digest=digest)
    (state,) = Catalog(tmp_path).refresh()
    (listed,) = read_runs(tmp_path)
    assert state.trainer_digests == listed.trainer_digests == ("aaa", "bbb")
