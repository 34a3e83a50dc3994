"""What the user should know before a launch."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.plans.plan import plan_from
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.queue import before_launch
from iqa_tui.queue.before_launch import notes_before_launch
from tests.fakes.run_folders import FakeRun

CONTENT = {"name": "losses", "base": {"epochs": 3}, "experiment": [{"id": "F2"}, {"id": "F3"}]}
EARLIER = CONTENT | {"base": {"epochs": 5}}


@pytest.fixture
def request_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LaunchRequest:
    monkeypatch.setattr(before_launch, "trainer_digest_of", lambda *_: "now")
    monkeypatch.setattr(before_launch, "code_open_to_others", lambda *_: [])
    return LaunchRequest(plan_from(CONTENT, "losses.toml"), runs_dir=tmp_path)


def test_other_code_and_other_settings_in_the_group_are_said_by_both_levels(
    request_for: LaunchRequest, tmp_path: Path
) -> None:
    FakeRun.queue(tmp_path, "F2", group="losses", plan=EARLIER, source_digest="then").start().finish(
        source_digest="then"
    )
    FakeRun.queue(tmp_path, "F3", group="other", plan=EARLIER, source_digest="then")
    notes = notes_before_launch(request_for)
    assert notes[0] == "losses has runs of other trainer code: F2 by then; what is launched now is now."
    assert notes[2] == "losses has runs of other settings than this plan's: F2 with epochs=5."
    assert len(notes) == 4
    assert notes_before_launch(request_for, Catalog(tmp_path).refresh()) == notes


def test_code_that_another_user_may_change_is_said(request_for: LaunchRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert notes_before_launch(request_for) == []
    monkeypatch.setattr(before_launch, "code_open_to_others", lambda *_: ["/x\x1b may be written by every user"])
    (note,) = notes_before_launch(request_for)
    assert note == r"note: /x\x1b may be written by every user: what these runs execute is as safe as that"
