"""The files, pinned to the byte. `python -m tests.iqa_tui.results.test_export` renews those in git."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from iqa_tui.results.export import COLUMNS, FORMATS, ExportError, hours_words, render, suggested_name, write_table
from iqa_tui.results.table import Row, Table, build_table
from tests.fakes.finished_runs import fail_run, finish_run, queue_run

GOLDEN = Path(__file__).parents[2] / "golden" / "exports"


def ablation(runs_dir: Path) -> Table:
    """F1 recorded alone; F2 over two seeds; F3 above what was expected; F4 failed with signs that need escaping."""
    finish_run(queue_run(runs_dir, "F2", seed=1), 0.9321, 0.9433)
    finish_run(queue_run(runs_dir, "F2", seed=2), 0.9341, 0.9453)
    finish_run(queue_run(runs_dir, "F3", seed=1), 0.9412345678901234, 0.94, hours=0.51)
    fail_run(queue_run(runs_dir, "F4", seed=1), "exit 1: 100% of $HOME_DIR | {full} & \\done~")
    queue_run(runs_dir, "F5", seed=1)
    return build_table(runs_dir)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return ablation(tmp_path)


@pytest.mark.parametrize("format", FORMATS)
def test_the_file_is_the_golden_one_to_the_byte(table: Table, tmp_path: Path, format: str) -> None:
    path = write_table(table, format, tmp_path / suggested_name(table, format))
    assert path.read_bytes() == (GOLDEN / path.name).read_bytes()


@pytest.mark.parametrize("format", FORMATS)
def test_every_file_names_plan_runs_seeds_and_protocol(table: Table, format: str) -> None:
    text = render(table, format).replace("\\_", "_")
    assert "koniq-losses" in text
    assert "clean" in text
    for row in table.rows:
        assert all(run_id in text for run_id in row.run_ids)
    assert re.search(r"seeds.*1, 2|1 2", text, re.DOTALL)


def test_csv_keeps_full_precision_and_leaves_empty_what_there_is_not(table: Table) -> None:
    rows = list(csv.DictReader(io.StringIO(render(table, "csv"))))
    assert tuple(rows[0]) == COLUMNS
    assert rows[2]["srcc"] == "0.9412345678901234"
    assert rows[3]["srcc"] == rows[3]["met"] == ""
    assert rows[1]["seeds"] == "1 2"
    assert rows[3]["status"] == "failed: exit 1: 100% of $HOME_DIR | {full} & \\done~"


def test_json_holds_numbers_as_numbers_and_nothing_as_null(table: Table) -> None:
    rows = json.loads(render(table, "json"))["rows"]
    assert rows[2]["srcc"] == 0.9412345678901234
    assert rows[3]["srcc"] is None
    assert set(COLUMNS) <= set(rows[0])


def test_a_demo_table_says_demo_in_every_caption(table: Table) -> None:
    demo = replace(table, demo=True)
    for format in ("markdown", "latex", "json"):
        assert "Demo data" in render(demo, format)
        assert "Demo data" not in render(table, format)


def test_a_demo_table_says_demo_in_csv_too(table: Table) -> None:
    assert "demo" in render(replace(table, group="demo", demo=True), "csv")


def test_markdown_cells_cannot_break_out_of_the_table(table: Table) -> None:
    lines = [line for line in render(table, "markdown").splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {8}


def test_latex_obeys_nothing_that_stands_in_a_cell() -> None:
    row = Row(id="a", label=r"50% & \input{x} #1 $y_2^3$ ~ {z}", loss_type="l1", status="finished")
    table = Table("t", "g", "p", "d", (), (), False, "", (row,))
    line = next(line for line in render(table, "latex").splitlines() if "50" in line)
    expected = (
        r"50\% \& \textbackslash{}input\{x\} \#1 \$y\_2\textasciicircum{}3\$ \textasciitilde{} \{z\} (a)"
        r" &  &  &  &  & finished &  \\"
    )
    assert line.strip() == expected


def test_best_is_bold_and_recorded_rows_are_marked(table: Table) -> None:
    markdown, latex = render(table, "markdown"), render(table, "latex")
    assert "**0.9412**" in markdown
    assert r"\textbf{0.9412}" in latex
    assert "L1 (MAE) (F1) ◆" in markdown
    assert r"L1 (MAE) (F1) $^{\diamond}$" in latex


def test_an_unknown_format_is_refused_with_those_there_are(table: Table) -> None:
    with pytest.raises(ExportError, match=r"'xlsx'\. Choose one of: csv, markdown, latex, json"):
        render(table, "xlsx")


def test_a_file_that_cannot_be_written_is_named(table: Table, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="is a folder"):
        write_table(table, "csv", tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match=r"file/table\.csv could not be written"):
        write_table(table, "csv", tmp_path / "file" / "table.csv")


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (None, ""),
        (1.7, "1.7 h"),
        (0.999, "1.0 h"),
        (0.99, "59 min"),
        (0.2, "12 min"),
        (0.0114, "41 s"),
        (0.0332, "2 min"),
        (0.024, "86 s"),
    ],
)
def test_times_are_rounded_to_what_a_reader_wants(hours: float | None, words: str) -> None:
    assert hours_words(hours) == words


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = ablation(Path(folder))
        for name in FORMATS:
            write_table(made, name, GOLDEN / suggested_name(made, name))
