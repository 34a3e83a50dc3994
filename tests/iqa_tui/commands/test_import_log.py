"""`iqa-tui import`, as a shell runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iqa_tui.__main__ import main
from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.state import RunState
from iqa_tui.queue.backlog import Backlog
from iqa_tui.trust.signature import NotSigned, sign_run, verify
from tests.fakes.published_logs import header, table, write_log
from tests.fakes.runs import finish_run, queue_experiment


class Import:
    """Runs commands on a folder of runs beside the logs."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.runs_dir = folder / "runs"
        self.errors = ""
        self._capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        returned = main(["--runs-dir", str(self.runs_dir), *words])
        captured = self._capsys.readouterr()
        self.errors = captured.err
        assert returned == code, captured
        return captured.out

    def log(self, name: str, text: str | None = None, **changes: str) -> str:
        return str(write_log(self.folder / name, text, **changes))

    def states(self) -> list[RunState]:
        return Catalog(self.runs_dir).refresh()

    def rows(self) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = json.loads(self("export", "--format", "json"))["rows"]
        return rows


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    return Import(tmp_path, capsys)


def test_a_log_is_a_row_of_the_table_and_says_where_it_comes_from(call: Import) -> None:
    said = call("import", call.log("mine.log"), "--as", "F1")
    assert "mine.log is F1 ◆ of koniq-losses: best test SRCC 0.9354 and PLCC 0.9448 at epoch 2 of 3, seed 42" in said
    row = next(row for row in call.rows() if row["id"] == "F1" and row["run_ids"])
    assert (row["srcc"], row["plcc"], row["status"], row["recorded"]) == (0.9354, 0.9448, "recorded", True)
    assert str(row["notes"]).startswith("best on test, published protocol, from mine.log")


def test_the_log_that_a_recorded_row_of_the_plan_comes_from_takes_its_place(call: Import) -> None:
    call("import", call.log("swin_multiscale_ranking_alpha0_20251222_161625.log"))
    assert [(row["id"], row["recorded"]) for row in call.rows()][:2] == [("F1", True), ("F2", False)]
    assert "1 recorded" in call("status")


def test_recorded_rows_stay_apart_and_the_baseline_is_the_launched_run_once_it_has_a_result(call: Import) -> None:
    call("import", call.log("a.log", loss_type="l1"), call.log("b.log", loss_type="l2"))
    call.runs_dir.joinpath("x").mkdir()
    finish_run(queue_experiment(call.runs_dir, "F2"), 0.9300, 0.9400)
    before = {(row["id"], row["recorded"]): row for row in call.rows() if row["run_ids"]}
    assert before["F2", False]["delta_srcc"] == pytest.approx(0.9300 - 0.9354)
    finish_run(queue_experiment(call.runs_dir, "F1"), 0.9200, 0.9400)
    after = {(row["id"], row["recorded"]): row for row in call.rows() if row["run_ids"]}
    assert after["F2", False]["delta_srcc"] == pytest.approx(0.0100)
    assert after["F1", True]["delta_srcc"] == pytest.approx(0.0154)
    assert after["F1", False]["seeds"] == [42]


def test_of_several_logs_the_good_ones_are_imported_and_the_bad_ones_named(call: Import) -> None:
    logs = [
        call.log("a.log"),
        call.log("bad.log", "\x1b[31mhello\n"),
        str(call.folder / "absent.log"),
        call.log("c.log", loss_type="rank"),
    ]
    said = call("import", *logs, code=1)
    assert [state.experiment for state in call.states()] == ["F1", "F4"]
    assert said.count(" ◆ of koniq-losses: best test SRCC") == 2
    assert "bad.log: is no log of the published trainer" in call.errors
    assert "absent.log: cannot be read (No such file or directory)" in call.errors
    assert "\x1b" not in said + call.errors


def test_rows_and_seeds_are_given_for_all_logs_or_one_for_each(call: Import) -> None:
    logs = [call.log("a.log", header(None) + table()), call.log("b.log", header(None) + table() + "\n")]
    call("import", *logs, "--as", "F1,F2", "--seeds", "7,8")
    assert [(state.experiment, state.spec and state.spec.seed) for state in call.states()] == [("F1", 7), ("F2", 8)]
    call("import", *logs, "--as", "F3", "--group", "another")
    seeds = [state.spec.seed for state in call.states() if state.spec and state.group == "another"]
    assert seeds == [42, 43]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--as", "F9"), "koniq-losses.toml: there is no row 'F9'. Choose from F1, F2, F3, F4, F5."),
        (("--plan", "nope"), "There is no plan 'nope'"),
        (("--as", "F1,F2"), "--as names 2 rows for 1 logs. Name one for all, or one for each log."),
        (("--seeds", "1,2"), "--seeds names 2 seeds for 1 logs."),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_read(
    call: Import, words: tuple[str, ...], error: str
) -> None:
    call("import", call.log("a.log"), *words, code=2)
    assert error in call.errors
    assert not call.runs_dir.exists()


def test_the_same_log_again_names_the_run(call: Import) -> None:
    call("import", call.log("a.log"))
    call("import", call.log("a.log"), code=1)
    (state,) = call.states()
    assert f"was imported already, as F1 in {state.run_id}. --again does it again." in call.errors


def test_a_visitor_imports_nothing(call: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IQA_TUI_READ_ONLY", "1")
    call("import", call.log("a.log"), code=4)
    assert "it imports nothing" in call.errors
    assert not call.runs_dir.exists()


@pytest.mark.parametrize(
    "order",
    [("retry",), ("stop",), ("hold",), ("release",), ("adopt",), ("retry", "--yes", "--from-elsewhere"), ("priority",)],
    ids=" ".join,
)
def test_no_order_starts_anything_of_it(call: Import, order: tuple[str, ...]) -> None:
    call("import", call.log("a.log"))
    (state,) = call.states()
    end = ("high",) if order == ("priority",) else ()
    call(*order, state.run_id, *end, code=1)
    assert f"{state.run_id} was imported, and nothing of it is ever started" in call.errors
    assert [path.name for path in state.run.attempts_dir.iterdir()] == ["1"]
    assert not state.run.place.exists()
    assert not state.run.stop.exists()


def test_even_a_signature_does_not_make_it_start(call: Import) -> None:
    call("import", call.log("a.log"))
    (state,) = call.states()
    sign_run(state.run, variables={})
    state.run.result.unlink()
    with pytest.raises(NotSigned, match="it was imported, and nothing of it is ever started"):
        verify(state.run)
    waiting = Backlog(call.runs_dir, own_only=True).read()
    assert (waiting.queued, waiting.resumable, waiting.elsewhere) == ((), (), ())


def test_it_may_be_archived_and_deleted_and_is_no_missing_result(call: Import) -> None:
    call("import", call.log("a.log", loss_type="l2"))
    call("retry", "--missing", code=2)
    assert "There are no runs of a plan" in call.errors
    call("archive", "F2")
    call("archive", "F2", "--delete", "--yes")
    assert call.states() == []


def test_status_says_recorded_with_the_test_score(call: Import) -> None:
    call("import", call.log("a.log"))
    said = call("status")
    assert "koniq-losses: 1 recorded" in said
    assert "F1 L1 (MAE) ◆  ◆ recorded" in said
    (fields,) = json.loads(call("status", "--json"))["runs"]
    assert (fields["engine"], fields["state"], fields["test_srcc"]) == ("recorded", "finished", 0.9354)


def test_findings_show_it_without_an_interval_and_compare_with_the_launched_run(call: Import) -> None:
    call("import", call.log("a.log"), call.log("b.log", header("l1", epochs=9) + table()))
    finish_run(queue_experiment(call.runs_dir, "F1"), 0.9200, 0.9400)
    rows = json.loads(call("findings", "--format", "json"))["rows"]
    srccs = {row["id"]: (row["value"], row["low"]) for row in rows if row["metric"] == "srcc"}
    assert srccs["F1 ◆"] == (pytest.approx(0.9354), None)
    assert srccs["F1"] == (0.9200, None)
