"""Which row of a plan a log belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.importing.pieces import BadLog
from iqa_tui.importing.published import PublishedLog, read_published
from iqa_tui.importing.row import other_settings_words, refuse_other, row_named, row_of_loss
from iqa_tui.plans.plan import load_plan, plan_from
from tests.fakes.published_logs import table, write_log

PLAN = load_plan("koniq-losses")


def log_of(folder: Path, **changes: Any) -> PublishedLog:
    return read_published(write_log(folder / "a.log", **changes))


def test_the_header_names_the_row_by_its_loss(tmp_path: Path) -> None:
    assert row_of_loss(PLAN, log_of(tmp_path, loss_type="rank")).id == "F4"


def test_a_log_without_a_loss_and_a_loss_of_no_row_or_several_need_a_name(tmp_path: Path) -> None:
    with pytest.raises(BadLog, match=r"its header names no loss\. Say which row it is: --as F1"):
        row_of_loss(PLAN, read_published(write_log(tmp_path / "a.log", table())))
    rows = [{"id": each, "flags": {"loss_type": "l1"}} for each in ("A", "B")]
    plan = plan_from({"name": "p", "experiment": rows}, "p.toml")
    with pytest.raises(BadLog, match="its loss is l1, and the rows A, B have it in p"):
        row_of_loss(plan, log_of(tmp_path))
    with pytest.raises(BadLog, match="its loss is l2, and no row has it in p"):
        row_of_loss(plan, log_of(tmp_path, loss_type="l2"))


def test_a_recorded_row_that_cannot_be_launched_is_a_row_too() -> None:
    plan = plan_from({"name": "p", "experiment": [{"id": "A"}], "recorded": [{"id": "R", "label": "theirs"}]}, "p.toml")
    assert (row_named(plan, "R").label, row_named(plan, "R").order) == ("theirs", 1)
    with pytest.raises(PlanError, match=r"p.toml: there is no row 'F9'. Choose from A, R."):
        row_named(plan, "F9")


def test_a_log_of_another_loss_or_data_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadLog, match=r"a\.log: its loss_type is l2, but F1 of koniq-losses has l1"):
        refuse_other(log_of(tmp_path, loss_type="l2"), row_named(PLAN, "F1"), PLAN)
    with pytest.raises(BadLog, match="its dataset is livec, but F1 of koniq-losses has koniq-10k"):
        refuse_other(log_of(tmp_path, dataset="livec"), row_named(PLAN, "F1"), PLAN)
    refuse_other(log_of(tmp_path), row_named(PLAN, "F1"), PLAN)


def test_other_settings_than_the_plan_has_are_named_with_both_values(tmp_path: Path) -> None:
    row = row_named(PLAN, "F1")
    assert other_settings_words(log_of(tmp_path, lr="5e-07"), row) == "epochs=3 (5), lr=5e-7 (5e-6)"
    assert other_settings_words(log_of(tmp_path, epochs=5), row) == ""
