"""How far the newest group is, in words for a title."""

from __future__ import annotations

from pathlib import Path

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.newest_group import newest_group_words
from tests.fakes.run_folders import FakeRun


def test_the_runs_of_the_newest_group_are_counted(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", created=50.0, group="older").start().end()
    FakeRun.queue(tmp_path, "F3", created=60.0).start().finish(hours=1.7)
    FakeRun.queue(tmp_path, "F4", created=60.0)
    runs = Catalog(tmp_path).refresh()
    assert newest_group_words(runs, {}, 100.0, short=False).startswith("1 of 2 finished, 1 queued")
    assert newest_group_words(runs, {}, 100.0, short=True).startswith("1 of 2 finished")
    assert "queued" not in newest_group_words(runs, {}, 100.0, short=True)


def test_runs_of_several_trainers_are_told(tmp_path: Path) -> None:
    for experiment, digest in (("F2", "then"), ("F3", "now")):
        FakeRun.queue(tmp_path, experiment, source_digest=digest).start().finish(source_digest=digest)
    words = newest_group_words(Catalog(tmp_path).refresh(), {}, 100.0, short=True)
    assert words == "2 of 2 finished · trainer code differs"


def test_without_a_run_there_is_nothing_to_say() -> None:
    assert newest_group_words([], {}, 100.0, short=False) == ""
