"""The files, pinned to the byte. `python -m tests.iqa_tui.results.test_export` renews those in git."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.results.export import FORMATS, ExportError, is_taken, render, suggested_name, write_table
from iqa_tui.results.row import Row
from iqa_tui.results.table import Table, build_table
from iqa_tui.results.values import COLUMNS, spreadsheet_text
from tests.fakes.runs import fail_run, finish_run, queue_experiment
from training.runfolder.exits import ExitKind
from training.runfolder.folders import list_runs
from training.runfolder.schema import ExitRecord
from training.runfolder.text import plain_lines
from training.runfolder.write import write_record

GOLDEN = Path(__file__).parents[2] / "golden" / "exports"


def ablation(runs_dir: Path) -> Table:
    """F1 recorded alone; F2 over two seeds; F3 above what was expected; F4 failed with signs that need escaping."""
    for seed, srcc, plcc in ((1, 0.9321, 0.9433), (2, 0.9341, 0.9453)):
        tested = {
            "srcc": srcc,
            "plcc": plcc,
            "plcc_fitted": plcc + 0.001,
            "krcc": srcc - 0.16,
            "rmse": 0.171 - seed / 1000,
        }
        metrics = {"test": tested, "val": {"srcc": 0.93}, "spaq": {"srcc": 0.85, "plcc": 0.86}}
        finish_run(queue_experiment(runs_dir, "F2", seed=seed), None, None, metrics=metrics, best_epoch=2 + seed)
    for seed, gib in ((1, 41.5), (2, 40.25)):
        (run,) = (run for run in list_runs(runs_dir) if run.run_id.endswith(f"_s{seed}"))
        peak = round(gib * (1 << 30))
        record = ExitRecord(ExitKind.FINISHED, "", 1.0, 1.0, returncode=0, peak_gpu_memory_bytes=peak)
        write_record(run.attempt(1).exit, record)
    finish_run(queue_experiment(runs_dir, "F3", seed=1), 0.9412345678901234, 0.94, hours=0.51)
    fail_run(queue_experiment(runs_dir, "F4", seed=1), "exit 1: 100% of $HOME_DIR | {full} & \\done~")
    queue_experiment(runs_dir, "F5", seed=1)
    return build_table(runs_dir)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return ablation(tmp_path)


@pytest.mark.parametrize("format", FORMATS)
def test_the_file_is_the_golden_one_to_the_byte(table: Table, tmp_path: Path, format: str) -> None:
    path = write_table(table, format, tmp_path / suggested_name(table, format))
    assert path.read_bytes() == (GOLDEN / path.name).read_bytes()


def test_readers_choose_columns_and_all_leaves_out_those_without_a_value(table: Table) -> None:
    def headings(*columns: str) -> list[str]:
        line = next(line for line in render(table, "markdown", columns).splitlines() if line.startswith("| Loss"))
        return line.strip("| ").split(" | ")

    assert headings() == ["Loss", "Test SRCC", "Test PLCC", "Δ SRCC", "Time", "Status", "Notes"]
    assert headings("krcc", "spaq/srcc", "krcc") == ["Loss", "Test KRCC", "spaq SRCC"]
    everything = ["Loss", "Test SRCC", "Test PLCC", "Test PLCC (fitted)", "Test KRCC", "Test RMSE", "Δ SRCC", "Epoch"]
    assert headings("all") == [*everything, "Time", "GPU GiB", "spaq SRCC", "spaq PLCC", "Status", "Notes"]
    bare = replace(table, rows=tuple(replace(row, peak_gpu_gib=None) for row in table.rows))
    assert "GPU GiB" not in render(bare, "markdown", ["all"])


def test_a_column_shows_mean_spread_and_the_epoch_of_each_seed(table: Table) -> None:
    text = render(table, "latex", ["krcc", "rmse", "plcc_fitted", "epoch", "gpu", "spaq/plcc"])
    assert r"\begin{tabular}{lrrrrrr}" in text
    numbers = r"0.7731 $\pm$ 0.0014 & 0.1695 $\pm$ 0.0007 & 0.9453 $\pm$ 0.0014 & 3, 4 & 41.5 & 0.8600 $\pm$ 0.0000"
    assert f"L2 (MSE) (F2) & {numbers} " in text


def test_a_column_that_is_none_is_answered_with_those_that_are(table: Table) -> None:
    with pytest.raises(PlanError, match=r"no column 'ssim'\. Choose from srcc, .*plcc, .*spaq/srcc.*, or all"):
        render(table, "markdown", ["ssim"])


def test_the_csv_has_other_test_sets_after_all_other_columns(table: Table) -> None:
    rows = list(csv.DictReader(io.StringIO(render(table, "csv"))))
    assert list(rows[0])[: len(COLUMNS)] == list(COLUMNS)
    assert list(rows[0])[len(COLUMNS) :] == ["spaq/srcc", "spaq/srcc_sd", "spaq/plcc", "spaq/plcc_sd"]
    assert [row["spaq/srcc"] for row in rows] == ["", "0.85", "", "", ""]
    assert [row["best_epochs"] for row in rows] == ["", "3 4", "", "", ""]


@pytest.mark.parametrize("format", FORMATS)
def test_every_file_names_plan_runs_seeds_and_protocol(table: Table, format: str) -> None:
    text = render(table, format).replace("\\_", "_")
    assert "koniq-losses" in text
    assert "clean" in text
    for row in table.rows:
        assert all(run_id in text for run_id in row.run_ids)
    assert (",clean,1 2," if format == "csv" else "seeds 1, 2.") in text


def test_plan_and_group_have_their_own_names_in_every_place(table: Table) -> None:
    changed = replace(table, group="koniq-losses epochs=1")
    content = json.loads(render(changed, "json"))
    rows = list(csv.DictReader(io.StringIO(render(changed, "csv"))))
    for named in (content, *content["rows"], *rows):
        assert (named["plan"], named["group"]) == ("koniq-losses", "koniq-losses epochs=1")
    for format in ("markdown", "latex"):
        assert "plan koniq-losses, group koniq-losses epochs=1, data set" in render(changed, format)


def test_a_row_has_the_peak_of_the_run_that_needed_most_gpu_memory(table: Table) -> None:
    assert [row.peak_gpu_gib for row in table.rows] == [None, 41.5, None, None, None]


def test_csv_keeps_full_precision_and_leaves_empty_what_there_is_not(table: Table) -> None:
    rows = list(csv.DictReader(io.StringIO(render(table, "csv"))))
    assert tuple(rows[0])[: len(COLUMNS)] == COLUMNS
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


HOSTILE = "\x1b]52;c;aGk=\x07[ours]\n* `x` | <b>&lt; ~~損失~~ \udc80\\"


def hostile_table(label: str, **row: Any) -> Table:
    rows = (Row(id="=F1", label=label, loss_type="l1", status=label, notes=label, run_ids=(f"run{label}",), **row),)
    return Table(f"T {label}", f"g{label}", "p", label, (label,), (1,), False, "", rows)


@pytest.mark.parametrize("format", FORMATS)
def test_no_export_carries_what_a_terminal_would_obey(format: str, tmp_path: Path) -> None:
    text = render(hostile_table(HOSTILE), format)
    assert plain_lines(text) == text
    write_table(hostile_table(HOSTILE), format, tmp_path / "file")  # it can be encoded, too


def test_json_gives_programs_every_text_as_it_was_written() -> None:
    row = json.loads(render(hostile_table(HOSTILE), "json"))["rows"][0]
    assert (row["label"], row["id"]) == (HOSTILE, "=F1")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t=", "\r@", " =", "\x0b+"])
def test_a_text_that_a_spreadsheet_would_execute_is_prefixed(sign: str) -> None:
    cells = next(csv.DictReader(io.StringIO(render(hostile_table(f"{sign}cmd|'/c calc'!A1"), "csv"))))
    assert cells["id"] == "'=F1"
    for column in ("label", "status", "notes"):
        assert cells[column].lstrip().startswith("'")
    assert (cells["plan"], cells["group"][0]) == ("p", "g")


def test_a_text_that_would_be_a_formula_where_semicolons_part_cells_is_prefixed_too() -> None:
    assert spreadsheet_text("a;=1+1; b;\t@x") == "a;'=1+1; b;\t'@x"
    assert spreadsheet_text("a-b = c") == "a-b = c"


def test_numbers_of_a_csv_stay_numbers() -> None:
    cells = next(csv.DictReader(io.StringIO(render(hostile_table("a", srcc=-0.5, delta_srcc=-0.1), "csv"))))
    assert (cells["srcc"], cells["delta_srcc"]) == ("-0.5", "-0.1")


def test_latex_comments_hold_one_line_and_no_row_begins_with_an_argument() -> None:
    for label in ("[ours] L1", "* best", "a\n\\input{x}"):
        lines = render(hostile_table(label), "latex").splitlines()
        comments = [line for line in lines if line.startswith("%")]
        assert len(comments) == 2
        assert lines[2] == r"\begin{table}"
        after_midrule = lines[lines.index(r"    \midrule") + 1].strip()
        assert after_midrule[0] not in "[*"
        assert not re.search(r"(?<!\{)[\[*]", after_midrule)


def test_markdown_labels_open_no_cell_no_tag_and_no_code() -> None:
    lines = render(hostile_table(HOSTILE), "markdown").splitlines()
    assert len([line for line in lines if line.startswith("|")]) == 3
    row = lines[4]
    assert len(re.findall(r"(?<!\\)\|", row)) == 8
    assert r"\`x\` \| \<b\>\&lt; \~\~損失\~\~" in row
    runs = next(line for line in lines if line.startswith("- =F1"))
    assert runs.endswith("``")
    assert runs.count("``") == 2


@pytest.mark.parametrize(
    ("title", "shown"), [("# a", r"\# a"), ("- a", r"\- a"), ("1. a", r"1\. a"), ("12) a", r"12\) a")]
)
def test_a_markdown_caption_is_no_heading_and_no_list(title: str, shown: str) -> None:
    assert render(Table(title, "", "", "", (), (), False, "", ()), "markdown").startswith(shown)


def test_a_suggested_name_is_short_enough_for_a_file() -> None:
    assert len(suggested_name(Table("t", "g" * 5000, "p", "", (), (), False, "", ()), "csv")) < 200


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


@pytest.mark.parametrize("path", ["~no-such-user/a.csv", "a\0.csv", f"{'x' * 300}.csv", "/dev/null"])
def test_a_name_that_no_file_can_have_is_an_error_in_words_and_no_file_to_replace(table: Table, path: str) -> None:
    assert not is_taken(Path(path))
    with pytest.raises(ExportError, match="Choose another place"):
        write_table(table, "csv", Path(path))


def test_only_a_file_that_is_there_would_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "there.csv").touch()
    taken = [is_taken(tmp_path / name) for name in ("there.csv", "not.csv", ".")]
    assert taken == [True, False, False]


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = ablation(Path(folder))
        for name in FORMATS:
            write_table(made, name, GOLDEN / suggested_name(made, name))
