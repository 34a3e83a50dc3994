"""Which rows the table of runs has, and how they fold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.rows import FEW_RUNS, Row, parent_key, rows_of
from iqa_tui.monitor.state import RunState
from iqa_tui.monitor.view import MonitorView
from tests.fakes.published_logs import record_run
from tests.fakes.run_folders import FakeRun
from tests.fakes.runs import PLAN
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status
from training.runfolder.spec import Spec

VIEW = MonitorView()


def run(
    experiment: str, seed: int = 1, *, group: str = "g", created: float = 1.0, phase: Phase = Phase.QUEUED
) -> RunState:
    name = f"{group}-{experiment}-{seed}"
    spec = Spec(
        run_id=name, argv=[], group=group, experiment=experiment, label=experiment.lower(), seed=seed, created=created
    )
    return RunState(RunFolder(Path(name)), Status(phase), spec)


def shape(rows: list[Row]) -> list[str]:
    """`▾group/g`, `F1`, `·s1`: sign, then what it is."""
    signs = {True: "▾", False: "▸", None: ""}
    return [
        f"{signs[row.is_open]}{'·' if row.is_seed else ''}{row.runs[0].run_id if row.run else row.key}" for row in rows
    ]


def test_seeds_of_one_experiment_stand_below_it_and_a_single_run_alone() -> None:
    assert shape(rows_of([run("F1", 1), run("F1", 2), run("F2", 1)], VIEW, 0.0)) == [
        "▾group/g",
        "▾experiment/g/F1/f1",
        "·g-F1-1",
        "·g-F1-2",
        "g-F2-1",
    ]


def test_what_the_user_folded_stays_folded_and_the_others_as_they_are() -> None:
    runs = [run("F1", 1), run("F1", 2), run("F2", 1)]
    view = VIEW.fold("experiment/g/F1/f1", is_open=False)
    assert shape(rows_of(runs, view, 0.0)) == ["▾group/g", "▸experiment/g/F1/f1", "g-F2-1"]
    assert shape(rows_of(runs, view.fold("group/g", is_open=False), 0.0)) == ["▸group/g"]


def test_of_many_runs_the_newest_group_is_open_and_those_with_living_runs() -> None:
    many = [run(f"F{number}", created=9.0, group="new") for number in range(FEW_RUNS)]
    alive = run("A", group="alive", created=8.0, phase=Phase.RUNNING)
    rows = rows_of([*many, alive, run("B", group="old")], VIEW, 0.0)
    assert [text for text in shape(rows) if "/" in text] == ["▾group/new", "▾group/alive", "▸group/old"]
    assert [text for text in shape(rows_of([*many[1:], run("B", group="old")], VIEW, 0.0)) if "/" in text] == [
        "▾group/new",
        "▾group/old",
    ]


def test_experiments_of_a_large_group_are_folded() -> None:
    runs = [run(f"F{number}", seed) for number in range(5) for seed in (1, 2, 3)]
    assert len(rows_of(runs, VIEW, 0.0)) == 6
    assert all(row.is_open is False for row in rows_of(runs, VIEW, 0.0)[1:])


def test_recorded_rows_stand_first_in_the_newest_group_and_not_among_found_runs() -> None:
    spec = Spec(run_id="r", argv=[], group="g", label="", experiment="F2", created=1.0, plan=PLAN)
    runs = [RunState(RunFolder(Path("r")), Status(Phase.QUEUED), spec)]
    assert shape(rows_of(runs, VIEW, 0.0)) == ["▾group/g", "recorded/0", "r"]
    assert shape(rows_of(runs, VIEW.with_filter("f2"), 0.0)) == ["▾group/g", "r"]


def test_a_run_that_was_started_by_hand_or_cannot_be_read_is_a_row_of_its_own() -> None:
    runs = [RunState(RunFolder(Path(name)), Status(Phase.UNREADABLE)) for name in ("a", "b")]
    assert shape(rows_of(runs, VIEW, 0.0)) == ["▾group/", "a", "b"]


def test_every_row_below_another_knows_it() -> None:
    rows = rows_of([run("F1", 1), run("F1", 2), run("F2", 1)], VIEW, 0.0)
    assert [parent_key(rows, row.key) for row in rows] == [
        None,
        "group/g",
        "experiment/g/F1/f1",
        "experiment/g/F1/f1",
        "group/g",
    ]
    assert parent_key(rows, "gone") is None


def test_without_runs_there_are_no_rows() -> None:
    assert rows_of([], VIEW, 0.0) == []


def test_recorded_runs_are_no_seeds_of_the_launched_ones(tmp_path: Path) -> None:
    for seed in (1, 2):
        FakeRun.queue(tmp_path, "F1", seed=seed)
    recorded = record_run(tmp_path).run_id
    states = Catalog(tmp_path).refresh()
    keys = [row.key for row in rows_of(states, VIEW, 0.0)]
    assert [key for key in keys if key.startswith("experiment/")] == ["experiment/koniq-losses/F1/L1 (MAE)"]
    assert len(set(keys)) == len(keys)
    assert keys.count(recorded) == 1


def trial(experiment: str, rate: float, *, phase: Phase = Phase.FINISHED) -> RunState:
    state = run(experiment, phase=phase)
    assert state.spec is not None
    spec = replace(state.spec, run_id=f"{experiment}-{rate}", trial={"values": {"lr": rate}})
    return replace(state, run=RunFolder(Path(spec.run_id)), spec=spec)


def test_tuning_is_one_folded_row_above_the_runs_of_its_group_and_counts_for_no_fold() -> None:
    trials = [trial(f"F{number}", rate) for number in range(4) for rate in (1e-6, 2e-6, 5e-6, 1e-5)]
    runs = [*trials, run("F1", 1), run("F1", 2)]
    assert shape(rows_of(runs, VIEW, 0.0)) == [
        "▾group/g", "▸tuning/g", "▾experiment/g/F1/f1", "·g-F1-1", "·g-F1-2"
    ]  # fmt: skip
    opened = rows_of(runs, VIEW.fold("tuning/g", is_open=True), 0.0)
    assert shape(opened)[:4] == ["▾group/g", "▾tuning/g", "F0-1e-06", "F0-2e-06"]
    assert (parent_key(opened, "F0-2e-06"), parent_key(opened, "tuning/g")) == ("tuning/g", "group/g")


def test_tuning_runs_alone_are_shown_as_they_are_all_that_was_found() -> None:
    assert shape(rows_of([trial("F1", 1e-6)], VIEW, 0.0)) == ["▾group/g", "▾tuning/g", "F1-1e-06"]
