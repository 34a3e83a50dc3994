"""Recorded runs, as they stand in the folder of runs."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.errors import LaunchError
from iqa_tui.importing import record
from iqa_tui.importing.pieces import BadLog
from iqa_tui.importing.published import read_published
from iqa_tui.importing.record import Imported, Wish, import_log
from iqa_tui.importing.row import row_named
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.state import RunState
from iqa_tui.plans.plan import load_plan
from tests.fakes.published_logs import SCORES, STEPS, bars, header, table, write_log
from training.runfolder.engines import RECORDED, SPEC_FORMAT
from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase
from training.runfolder.read import read_record, read_spec
from training.runfolder.schema import Result
from training.runfolder.status import run_status

PLAN = load_plan("koniq-losses")


def import_text(folder: Path, text: str | None = None, row: str = "F1", **changes: Any) -> list[Imported]:
    log = read_published(write_log(folder / "a.log", text))
    wish = Wish(folder / "runs", PLAN, "koniq-losses")
    return import_log(log, row_named(PLAN, row), replace(wish, **changes))


def imported_run(folder: Path, text: str | None = None, **changes: Any) -> RunFolder:
    (imported,) = import_text(folder, text, **changes)
    return imported.run


def state_of(folder: Path) -> RunState:
    (state,) = Catalog(folder / "runs").refresh()
    return state


def result_of(run: RunFolder) -> Result:
    result = read_record(run.result, Result)
    assert result is not None
    return result


def test_a_log_becomes_a_finished_run_whose_spec_an_older_program_refuses(tmp_path: Path) -> None:
    run = imported_run(tmp_path)
    spec, status, result = read_spec(run), run_status(run), result_of(run)
    assert (spec.engine, spec.format, spec.experiment, spec.label) == (RECORDED, SPEC_FORMAT, "F1", "L1 (MAE)")
    assert (spec.run_id, spec.log["file"], spec.log["round"]) == (run.run_id, "a.log", 1)
    assert (status.phase, status.recorded) == (Phase.FINISHED, True)
    assert result.metrics == {"test": {"srcc": 0.9354, "plcc": 0.9448}}
    assert (result.protocol, result.best_epoch, result.epochs, result.elapsed_seconds) == ("published", 2, 3, 36.0)
    assert result.notes == [
        "best on test, published protocol, from a.log",
        "not as the plan says: epochs=3 (5)",
    ]
    assert not run.signature.exists()


def test_its_curves_are_those_of_the_log(tmp_path: Path) -> None:
    imported_run(tmp_path)
    state = state_of(tmp_path)
    losses, train_srccs, test_srccs, test_plccs = zip(*SCORES, strict=True)
    curves = {name: list(curve.values) for name, curve in state.metrics.items()}
    assert tuple(curves["epoch/loss"]) == losses
    assert tuple(curves["train/srcc"]) == train_srccs
    assert tuple(curves["test/srcc"]) == test_srccs
    assert tuple(curves["test/plcc"]) == test_plccs
    assert list(state.metrics["test/srcc"].steps) == [STEPS, 2 * STEPS, 3 * STEPS]
    assert len(state.curve) == 3 * 11
    assert (state.epoch, state.epochs, state.steps_per_epoch) == (3, 3, STEPS)
    assert "the loss of a step is the mean of its epoch so far" in read_spec(state.run).notes


def test_without_bars_the_loss_of_each_epoch_is_a_point_and_no_time_is_said(tmp_path: Path) -> None:
    imported_run(tmp_path, header() + table(with_bars=False))
    state = state_of(tmp_path)
    assert list(state.curve.values) == [row[0] for row in SCORES]
    assert list(state.metrics["test/srcc"].steps) == [1, 2, 3]
    assert state.elapsed_seconds(0.0) is None


def test_steps_of_an_epoch_that_never_ended_are_in_the_curve_and_the_end_is_said(tmp_path: Path) -> None:
    text = header() + table(SCORES[:2]).partition("Best test")[0] + bars(3).partition("\n")[0]
    run = imported_run(tmp_path, text)
    assert state_of(tmp_path).curve.steps[-1] == 3 * STEPS
    assert "the log ends after epoch 2 of 3" in result_of(run).notes


def test_scores_on_spaq_are_those_of_the_best_epoch(tmp_path: Path) -> None:
    rows = [(*row, 0.8 + place / 100, 0.7) for place, row in enumerate(SCORES)]
    assert result_of(imported_run(tmp_path, header() + table(rows, spaq=True))).metrics["spaq"] == {
        "srcc": 0.81,
        "plcc": 0.7,
    }


def test_each_round_is_a_run_with_a_seed_of_its_own(tmp_path: Path) -> None:
    done = import_text(tmp_path, header() + table() + table(SCORES[:2]))
    assert [read_spec(each.run).seed for each in done] == [42, 43]
    assert result_of(done[1].run).notes[-2:] == ["round 2 of the log", "counted as seed 43 (the log says 42)"]


def test_a_second_log_of_a_row_counts_as_the_next_seed_unless_one_is_asked_for(tmp_path: Path) -> None:
    seeds = [read_spec(imported_run(tmp_path, header(epochs=epochs) + table())).seed for epochs in (3, 4, 5)]
    assert seeds == [42, 43, 44]
    assert read_spec(imported_run(tmp_path, header(epochs=6) + table(), seed=42)).seed == 42


def test_the_same_log_is_refused_by_the_name_of_its_run_until_again_is_said(tmp_path: Path) -> None:
    run = imported_run(tmp_path)
    with pytest.raises(BadLog) as error:
        imported_run(tmp_path)
    assert f"a.log: was imported already, as F1 in {run.run_id}. --again does it again." in str(error.value)
    assert read_spec(imported_run(tmp_path, again=True)).seed == 43
    assert imported_run(tmp_path, group="another table").path.exists()


def test_a_recorded_run_whose_result_is_gone_is_unreadable_and_its_log_may_be_imported_again(tmp_path: Path) -> None:
    run = imported_run(tmp_path)
    run.result.unlink()
    status = run_status(run)
    assert status.phase is Phase.UNREADABLE
    assert "result.json is gone. Import its log again" in status.cause
    assert run_status(imported_run(tmp_path)).recorded


def test_no_run_is_seen_before_it_is_whole_and_none_is_left_of_one_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    write = record.write_record

    def watched(path: Path, content: Any) -> None:
        seen.append(len(Catalog(tmp_path / "runs").refresh()))
        if path.name == "spec.json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, content)

    monkeypatch.setattr(record, "write_record", watched)
    with pytest.raises(LaunchError, match="cannot be written \\(No space left on device\\)"):
        imported_run(tmp_path)
    assert seen == [0, 0]
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.fixture
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_open_umask")
def test_nothing_in_it_may_be_written_by_others(tmp_path: Path) -> None:
    run = imported_run(tmp_path)
    entries = [run.path, *run.path.rglob("*")]
    assert len(entries) == 7
    assert [entry for entry in entries if entry.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH)] == []


def test_a_log_of_another_loss_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BadLog, match="its loss_type is l1, but F2"):
        import_text(tmp_path, row="F2")
    assert not (tmp_path / "runs").exists()
