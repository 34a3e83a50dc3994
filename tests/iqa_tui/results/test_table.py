"""What a row says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.monitor.catalog import Catalog, Events
from iqa_tui.plans.plan import load_plan
from iqa_tui.results.caption import caption
from iqa_tui.results.row import Row
from iqa_tui.results.table import Table, build_table, group_tables
from tests.fakes.published_logs import record_run
from tests.fakes.published_logs import table as log_table
from tests.fakes.runs import PLAN, fail_run, finish_run, queue_experiment
from training.runfolder.exits import ExitKind
from training.runfolder.folders import list_runs
from training.runfolder.read import read_spec
from training.runfolder.schema import ExitRecord
from training.runfolder.write import EventWriter, write_record


def rows_of(table: Table) -> dict[tuple[str, bool], Row]:
    return {(row.id, row.recorded): row for row in table.rows}


def row_of(runs_dir: Path, experiment: str, *, recorded: bool = False) -> Row:
    return rows_of(build_table(runs_dir))[experiment, recorded]


def test_before_any_run_a_plan_shows_its_rows_in_order_and_its_record(tmp_path: Path) -> None:
    table = build_table(tmp_path, plan=load_plan("koniq-losses"))
    assert [(row.id, row.status) for row in table.rows] == [
        ("F1", "recorded"),
        ("F2", "not run"),
        ("F3", "not run"),
        ("F4", "not run"),
        ("F5", "not run"),
    ]
    assert table.rows[0].srcc == 0.9354
    assert table.protocols == ("published",)


def test_an_empty_folder_makes_an_empty_table(tmp_path: Path) -> None:
    table = build_table(tmp_path / "absent")
    assert table.rows == ()
    assert group_tables(tmp_path / "absent") == []


def test_a_difference_to_the_recorded_row_is_marked_as_across_protocols(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2"), 0.9321, 0.9433)
    row = row_of(tmp_path, "F2")
    assert row.delta_srcc == pytest.approx(0.9321 - 0.9354)
    assert row.delta_note == "difference across protocols (clean − published)"


def test_once_the_baseline_has_run_differences_are_taken_to_its_run(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F1"), 0.9300, 0.9400)
    finish_run(queue_experiment(tmp_path, "F2"), 0.9321, 0.9433)
    row = row_of(tmp_path, "F2")
    assert row.delta_srcc == pytest.approx(0.0021)
    assert row.delta_note == ""
    assert row_of(tmp_path, "F1").delta_srcc is None
    assert row_of(tmp_path, "F1", recorded=True).delta_note.startswith("difference across protocols")


def test_a_baseline_that_failed_leaves_its_record_as_the_baseline(tmp_path: Path) -> None:
    fail_run(queue_experiment(tmp_path, "F1"), "exit 1: no space left on device")
    finish_run(queue_experiment(tmp_path, "F2"), 0.9321, 0.9433)
    assert row_of(tmp_path, "F1").status == "failed: exit 1: no space left on device"
    assert row_of(tmp_path, "F2").delta_srcc == pytest.approx(0.9321 - 0.9354)


def test_seeds_give_mean_and_sample_sd(tmp_path: Path) -> None:
    for seed, srcc in ((1, 0.931), (2, 0.933), (3, 0.935)):
        finish_run(queue_experiment(tmp_path, "F2", seed=seed), srcc, 0.94)
    row = row_of(tmp_path, "F2")
    assert row.srcc == pytest.approx(0.933)
    assert row.srcc_sd == pytest.approx(0.002)
    assert row.seeds == (1, 2, 3)
    assert len(row.run_ids) == 3
    assert row.status == "finished"


def test_a_mean_is_that_of_the_seeds_that_it_names(tmp_path: Path) -> None:
    for seed, srcc in ((1, 0.931), (2, None), (3, 0.935)):
        finish_run(queue_experiment(tmp_path, "F2", seed=seed), srcc, srcc, hours=float(seed))
    row = row_of(tmp_path, "F2")
    assert row.srcc == pytest.approx(0.933)
    assert row.hours == pytest.approx(2.0)
    assert row.seeds == (1, 3)
    assert [run_id[-3:] for run_id in row.run_ids] == ["_s1", "_s3"]
    assert "no SRCC for seed 2" in row.notes
    assert row.status == "finished"
    assert build_table(tmp_path).seeds == (1, 3)


def test_a_mean_of_fewer_seeds_than_its_row_says_which(tmp_path: Path) -> None:
    for seed, plcc in ((1, 0.94), (2, None), (3, 0.96)):
        finish_run(queue_experiment(tmp_path, "F2", seed=seed), 0.93, plcc)
    row = row_of(tmp_path, "F2")
    assert (row.seeds, row.plcc) == ((1, 2, 3), pytest.approx(0.95))
    assert "PLCC of seeds 1, 3 alone" in row.notes


def test_seeds_that_all_have_no_score_are_all_named(tmp_path: Path) -> None:
    for seed in (1, 2):
        finish_run(queue_experiment(tmp_path, "F2", seed=seed), None, None)
    row = row_of(tmp_path, "F2")
    assert (row.srcc, row.seeds) == (None, (1, 2))
    assert "no SRCC" not in row.notes


def test_one_seed_has_no_sd(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2"), 0.931, 0.94)
    assert row_of(tmp_path, "F2").srcc_sd is None


def test_a_seed_that_ran_twice_counts_once_by_its_newest_result(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2", day=0), 0.90, 0.91)
    finish_run(queue_experiment(tmp_path, "F2", day=1), 0.93, 0.94)
    fail_run(queue_experiment(tmp_path, "F2", day=2), "exit 1: disk full")
    row = row_of(tmp_path, "F2")
    assert row.srcc == 0.93
    assert row.status == "finished"
    assert row.run_ids == ("2026-11-24_17-05-01_koniq-10k_swin-base_l2_s42",)


def test_seeds_that_are_not_done_are_counted_in_the_status(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2", seed=1), 0.931, 0.94)
    queue_experiment(tmp_path, "F2", seed=2)
    queue_experiment(tmp_path, "F2", seed=3)
    row = row_of(tmp_path, "F2")
    assert row.status == "1 of 3 finished, 2 of 3 queued"
    assert row.seeds == (1,)


@pytest.mark.parametrize(
    ("srcc", "met"), [(0.9299, "below"), (0.930, "yes"), (0.935, "yes"), (0.9351, "above"), (None, "")]
)
def test_the_expected_range_is_met_missed_or_passed(tmp_path: Path, srcc: float | None, met: str) -> None:
    finish_run(queue_experiment(tmp_path, "F2"), srcc, 0.94, protocol="published")
    assert row_of(tmp_path, "F2").met == met


@pytest.mark.parametrize("srcc", [0.92, 0.932, 0.94])
def test_a_range_of_another_protocol_is_neither_met_nor_missed(tmp_path: Path, srcc: float) -> None:
    finish_run(queue_experiment(tmp_path, "F2"), srcc, 0.94, protocol="clean")
    row = row_of(tmp_path, "F2")
    assert (row.met, row.expected_protocol, row.protocol) == ("other protocol", "published", "clean")


def test_a_range_without_a_protocol_counts_for_every_one(tmp_path: Path) -> None:
    run = finish_run(queue_experiment(tmp_path, "F2"), 0.932, 0.94, protocol="clean")
    plan = {key: value for key, value in read_spec(run).plan.items() if key != "expected_protocol"}
    write_record(run.spec, replace(read_spec(run), plan=plan))
    assert row_of(tmp_path, "F2").met == "yes"


def test_seeds_of_two_protocols_meet_the_range_of_neither(tmp_path: Path) -> None:
    for seed, protocol in ((1, "clean"), (2, "published")):
        finish_run(queue_experiment(tmp_path, "F2", seed=seed), 0.932, 0.94, protocol=protocol)
    assert row_of(tmp_path, "F2").met == "other protocol"


def test_best_is_marked_among_rows_of_one_protocol_only(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2"), 0.9321, 0.9433)
    finish_run(queue_experiment(tmp_path, "F3"), 0.9311, 0.9440)
    rows = rows_of(build_table(tmp_path))
    assert [key for key, row in rows.items() if row.best_srcc] == [("F2", False)]
    assert [key for key, row in rows.items() if row.best_plcc] == [("F3", False)]
    assert rows["F1", True].srcc == 0.9354  # higher, but of another protocol


def test_other_settings_make_a_table_of_their_own_and_the_newest_comes_first(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2"), 0.9321, 0.9433)
    finish_run(queue_experiment(tmp_path, "F2", group="koniq-losses epochs=1", day=1), 0.5, 0.5)
    assert group_tables(tmp_path) == ["koniq-losses epochs=1", "koniq-losses"]
    assert rows_of(build_table(tmp_path))["F2", False].srcc == 0.5
    assert rows_of(build_table(tmp_path, "koniq-losses"))["F2", False].srcc == 0.9321


def test_a_limited_run_says_so_in_its_notes(tmp_path: Path) -> None:
    images = {"train": 64, "val": 8, "test": 8}
    finish_run(queue_experiment(tmp_path, "F2"), 0.5, 0.5, limited=True, images=images)
    assert "a quick look, limited to 64 train, 8 val, 8 test images" in row_of(tmp_path, "F2").notes


def test_runs_started_by_hand_make_a_table_without_a_plan(tmp_path: Path) -> None:
    for seed in (1, 2):
        run = queue_experiment(tmp_path, "F2", seed=seed)
        write_record(run.spec, replace(read_spec(run), plan={}, experiment="", group="by hand"))
        finish_run(run, 0.9 + seed / 100, 0.9)
    table = build_table(tmp_path)
    assert [(row.id, row.label, row.srcc) for row in table.rows] == [("l2", "L2 (MSE)", pytest.approx(0.915))]


def test_a_broken_run_folder_is_left_out_and_the_others_stand(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2"), 0.9321, 0.9433)
    queue_experiment(tmp_path, "F3").spec.write_text("{")
    assert row_of(tmp_path, "F3").status == "not run"
    assert row_of(tmp_path, "F2").srcc == 0.9321


def test_rows_by_an_earlier_plan_of_the_same_name_say_what_it_set_otherwise(tmp_path: Path) -> None:
    before = finish_run(queue_experiment(tmp_path, "F2"), 0.93, 0.94)
    overridden = finish_run(queue_experiment(tmp_path, "F4"), 0.93, 0.94)
    finish_run(queue_experiment(tmp_path, "F3", day=1), 0.93, 0.94)
    assert build_table(tmp_path).code_note == ""
    plan = read_spec(before).plan
    earlier = plan | {"base": {**plan["base"], "epochs": 3, "lr": "0.000005", "data_path": "/elsewhere", "extra": True}}
    del earlier["base"]["dropout_rate"]
    write_record(before.spec, replace(read_spec(before), plan=earlier))
    everything = dict.fromkeys(("epochs", "dropout_rate", "extra"), "1")
    write_record(overridden.spec, replace(read_spec(overridden), plan=earlier, overrides=everything))
    table = build_table(tmp_path)
    assert table.code_note == "Rows of other settings than the plan's: F2 with no dropout_rate, epochs=3, extra=true."
    assert table.code_note in caption(table)
    assert row_of(tmp_path, "F2").notes.endswith("with no dropout_rate, epochs=3, extra=true")
    for odd in ({"base": 3, "experiment": [4]}, {"experiment": {"id": "F2"}}, {}):  # by hand, or of a later version
        write_record(before.spec, replace(read_spec(before), plan=odd))
        assert rows_of(build_table(tmp_path))["F2", False].srcc == 0.93


def test_a_run_that_was_resumed_by_other_code_names_both(tmp_path: Path) -> None:
    run = queue_experiment(tmp_path, "F2")
    for attempt, digest in ((1, "old"), (2, "aaa"), (3, "bbb")):
        run.attempt(attempt).path.mkdir(parents=True)
        writer = EventWriter(run.events, attempt)
        if attempt == 3:  # attempt 2 began anew: nothing is left of what the first one made
            writer.write("resumed", name="last", epoch=1, step=9)
        writer.write("started", source_digest=digest)
        writer.close()
    finish_run(run, 0.93, 0.94)
    table = build_table(tmp_path)
    assert table.code_note == "Rows by different trainer code: F2 by aaa, F2 by bbb."
    assert row_of(tmp_path, "F2").notes.endswith("trainer code aaa and bbb")
    for events in Events:
        (state,) = Catalog(tmp_path, events=events).refresh()
        assert state.trainer_digests == ("aaa", "bbb")


def test_a_run_that_finished_keeps_its_row_while_it_is_run_again(tmp_path: Path) -> None:
    """Also of an external trainer, which writes no result."""
    done = queue_experiment(tmp_path, "F2", seed=1)
    write_record(done.attempt(1).exit, ExitRecord(ExitKind.FINISHED, "", 1.0, 1.0))
    queue_experiment(tmp_path, "F2", seed=1, day=1)
    assert row_of(tmp_path, "F2").status == "finished"


def test_rows_by_different_trainer_code_name_it_and_the_caption_says_so(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2"), 0.93, 0.94)
    assert build_table(tmp_path).code_note == ""
    for run, digest in zip(list_runs(tmp_path), ("aaa",), strict=True):
        write_record(run.spec, replace(read_spec(run), source_digest=digest))
    other = finish_run(queue_experiment(tmp_path, "F3"), 0.93, 0.94)
    assert build_table(tmp_path).code_note == ""
    write_record(other.spec, replace(read_spec(other), source_digest="bbb"))
    table = build_table(tmp_path)
    assert table.code_note == "Rows by different trainer code: F2 by aaa, F3 by bbb."
    assert table.code_note in caption(table)
    assert row_of(tmp_path, "F3").notes.endswith("trainer code bbb")
    assert "trainer code" not in row_of(tmp_path, "F4").notes


def test_a_plan_that_cannot_be_followed_hides_no_row_of_an_earlier_one(tmp_path: Path) -> None:
    finish_run(queue_experiment(tmp_path, "F2"), 0.93, 0.94)
    newest = queue_experiment(tmp_path, "F3", day=1)
    for content in ({"name": 3}, {"a": {"b": []}}, {"name": "x", "experiment": "F2"}):
        write_record(newest.spec, replace(read_spec(newest), plan=content))
        assert [row.id for row in build_table(tmp_path).rows] == ["F1", "F2", "F3", "F4", "F5"]
        assert row_of(tmp_path, "F2").srcc == 0.93


def test_an_imported_a_recorded_and_a_launched_row_of_one_id_are_three_rows(tmp_path: Path) -> None:
    run = record_run(tmp_path)
    finish_run(queue_experiment(tmp_path, "F1"), 0.9300, 0.9400)
    table = build_table(tmp_path)
    rows = [row for row in table.rows if row.id == "F1"]
    assert [(row.key, row.recorded, row.srcc, bool(row.run_ids)) for row in rows] == [
        ("imported F1", True, 0.9354, True),
        ("recorded F1", True, 0.9354, False),
        ("F1", False, 0.9300, True),
    ]
    assert (rows[0].run_ids, rows[0].status, rows[0].met, rows[0].seeds) == ((run.run_id,), "recorded", "", (42,))
    assert (table.protocols, table.seeds) == (("clean",), (42,))
    assert rows[0].delta_note == "difference across protocols (published − clean)"


def test_the_plan_of_a_launched_run_comes_before_that_of_a_newer_imported_one(tmp_path: Path) -> None:
    queue_experiment(tmp_path, "F2", plan=PLAN | {"title": "as launched"})
    record_run(tmp_path)
    assert build_table(tmp_path).title == "as launched"


def test_an_imported_row_without_a_time_has_no_hours(tmp_path: Path) -> None:
    record_run(tmp_path, text=log_table(with_bars=False))
    assert next(row for row in build_table(tmp_path).rows if row.key == "imported F1").hours is None
