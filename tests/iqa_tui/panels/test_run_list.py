"""The table of runs, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from iqa_tui.monitor.catalog import Catalog
from iqa_tui.monitor.state import RunState
from iqa_tui.panels.run_list import COLUMNS, recorded_row, run_row
from iqa_tui.widgets.canvas import line_width
from iqa_tui.widgets.table_lines import Column, TableRow, fitting_columns, row_line
from tests.fakes.run_folders import FakeRun
from tests.fakes.runs import PLAN
from training.runfolder.exits import ExitKind

ONE_SEED = [column for column in COLUMNS if column.key != "seed"]


def only(runs_dir: Path) -> RunState:
    (state,) = Catalog(runs_dir).refresh()
    return state


def text_of(row: TableRow, width: int = 100, columns: Sequence[Column] = ONE_SEED) -> str:
    return "".join(text for text, _ in row_line(row, fitting_columns(columns, width), width))


def test_a_queued_run_says_what_it_waits_for(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F5")
    row = run_row(only(tmp_path), "needs a GPU: GPU 3 held by ann, python 21.3 GiB, 3.0 h", None, 0.0)
    assert "○ queued" in text_of(row)
    assert "needs a GPU: GPU 3 held by ann" in text_of(row)


def test_a_failed_run_says_its_cause_at_every_width(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start().train(10).end(ExitKind.FAILED, "exit 1: CUDA out of memory")
    row = run_row(only(tmp_path), "", None, 0.0)
    for width in (56, 76, 86, 120):
        assert "✗ failed" in text_of(row, width)
        assert "exit 1: CUDA" in text_of(row, width)
        assert line_width(row_line(row, fitting_columns(COLUMNS, width), width)) == width


def test_a_finished_run_says_how_long_it_took(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2").start().train(200).finish(hours=1.7)
    assert "took 1.7 h" in text_of(run_row(only(tmp_path), "", None, 0.0))


def test_a_recorded_result_is_marked_by_glyph_and_word() -> None:
    text = text_of(recorded_row(PLAN["recorded"][0]))
    assert "◆ recorded" in text
    assert "0.9354" in text


def test_seeds_are_told_apart_if_there_are_several(tmp_path: Path) -> None:
    FakeRun.queue(tmp_path, "F2", seed=1234)
    assert "F2   1234 L2 (MSE)" in text_of(run_row(only(tmp_path), "", None, 0.0), columns=COLUMNS)
