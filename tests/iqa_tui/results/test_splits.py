"""Random splits in tables, intervals, findings, exports and papers: from run folders to every number that is said."""

from __future__ import annotations

import json
import math
import statistics
from pathlib import Path

import numpy as np
import pytest

from iqa_tui.results.caption import caption
from iqa_tui.results.export import render
from iqa_tui.results.findings.as_json import json_text
from iqa_tui.results.findings.as_text import plain_text
from iqa_tui.results.findings.build import findings_of
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.intervals.row_images import images_of
from iqa_tui.results.intervals.score_files import table_scores
from iqa_tui.results.intervals.table import MeasuredTable, measure_rows
from iqa_tui.results.paper.commands import again
from iqa_tui.results.paper.numbers_tex import macros
from iqa_tui.results.paper.table_tex import table_tex
from iqa_tui.results.paper.wording import caption_sentences
from iqa_tui.results.table import build_table, read_entries, recorded_plan
from tests.fakes.papers import QUICK, read_content
from tests.fakes.splits import IMAGES, TESTED, TRAINED, make_splits
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result

SPLITS, SEEDS = (0, 2, 3, 5), (1, 2)


def srcc(run: RunFolder) -> float:
    result = read_record(run.result, Result)
    assert result is not None
    return result.metrics["test"]["srcc"]


def by_split(runs: dict[tuple[str, int, int], RunFolder], row: str, splits: tuple[int, ...] = SPLITS) -> list[float]:
    """Mean over the seeds of each split."""
    return [statistics.fmean(srcc(runs[row, split, seed]) for seed in SEEDS) for split in splits]


def measured(runs_dir: Path) -> MeasuredTable:
    rows = table_scores(build_table(runs_dir).rows, read_entries(runs_dir, "livec"))
    return measure_rows([row for row in rows if row.runs], ("srcc",), Resampling(50))


def test_a_row_has_mean_sd_and_median_over_its_splits_by_the_means_of_their_seeds(tmp_path: Path) -> None:
    runs = make_splits(tmp_path, SPLITS, SEEDS)
    table = build_table(tmp_path)
    row = next(row for row in table.rows if row.id == "F3")
    means = by_split(runs, "F3")
    assert row.srcc == pytest.approx(statistics.fmean(means))
    assert row.srcc_sd == pytest.approx(statistics.stdev(means))
    assert row.srcc_median == pytest.approx(statistics.median(means))
    assert row.plcc_median is not None
    assert (row.split_count, set(row.seeds), table.splits) == (4, {1, 2}, SPLITS)
    assert len(row.run_ids) == len(row.seeds) == len(row.splits) == 8
    assert "4 splits, seeds 1, 2." in caption(table)
    assert "mean ± SD over 4 random splits" in caption(table)


def test_one_split_has_no_median_and_says_which_it_is(tmp_path: Path) -> None:
    make_splits(tmp_path, (3,), SEEDS)
    table = build_table(tmp_path)
    assert {row.srcc_median for row in table.rows} == {None}
    assert "All runs on the random split 3." in caption(table)
    assert "Median" not in render(table, "markdown")


def test_the_interval_is_that_of_nadeau_and_bengio_from_the_files_of_scores(tmp_path: Path) -> None:
    runs = make_splits(tmp_path, SPLITS, SEEDS)
    table = measured(tmp_path)
    found, difference = table.estimate("F3", "srcc"), table.difference("F3", "F1", "srcc")
    means = np.array(by_split(runs, "F3"))
    gaps = means - np.array(by_split(runs, "F1"))
    share = 1 / len(SPLITS) + TESTED / TRAINED
    assert found.value == pytest.approx(means.mean())
    assert found.se == pytest.approx(math.sqrt(means.var(ddof=1) * share))
    assert (found.df, found.splits, found.sd) == (pytest.approx(3), 4, pytest.approx(means.std(ddof=1)))
    assert difference.value == pytest.approx(gaps.mean())
    assert difference.se == pytest.approx(math.sqrt(gaps.var(ddof=1) * share))
    assert (difference.splits, difference.test_share) == (4, pytest.approx(TESTED / TRAINED))
    assert difference.p is not None


def test_nothing_is_resampled_for_intervals_over_splits(tmp_path: Path) -> None:
    make_splits(tmp_path / "splits", SPLITS)
    assert not any(run.moves for runs in measured(tmp_path / "splits").runs.values() for run in runs)
    make_splits(tmp_path / "one", (3,))
    assert all(run.moves for runs in measured(tmp_path / "one").runs.values() for run in runs)


def test_a_split_that_one_row_lacks_is_left_out_of_the_difference_by_name(tmp_path: Path) -> None:
    runs = make_splits(tmp_path, SPLITS[:3], SEEDS)
    runs |= make_splits(tmp_path, SPLITS[3:], SEEDS, rows=("F3",))
    difference = measured(tmp_path).difference("F3", "F1", "srcc")
    gaps = np.array(by_split(runs, "F3", SPLITS[:3])) - np.array(by_split(runs, "F1", SPLITS[:3]))
    assert difference.value == pytest.approx(gaps.mean())
    assert "split 5 seed 1, split 5 seed 2 of F3 alone left out" in difference.note
    assert "Fewer splits: F1: 3." in caption(build_table(tmp_path))


def test_findings_say_what_intervals_over_splits_are_and_never_speak_of_one_seed(tmp_path: Path) -> None:
    make_splits(tmp_path, SPLITS)
    entries = read_entries(tmp_path, "livec")
    findings = findings_of(build_table(tmp_path), entries, recorded_plan(entries), QUICK)
    told = " ".join(plain_text(findings, 200).split())
    assert "from the spread over the random splits" in told
    assert "resamples of the test images" not in told
    assert "ne seed:" not in told
    assert "SD of the test SRCC over splits" in told
    limits = " ".join(findings.limits)
    assert "Nadeau and Bengio" in limits
    assert "mean ± SD over 4 random splits" in limits
    content = json.loads(json_text(findings))
    assert {each["splits"] for each in content["differences"] if each["metric"] == "srcc"} == {4}


def test_exports_name_the_splits_and_have_the_medians(tmp_path: Path) -> None:
    make_splits(tmp_path, SPLITS)
    table = build_table(tmp_path)
    row = next(row for row in json.loads(render(table, "json"))["rows"] if row["id"] == "F3")
    assert (row["splits"], row["seeds"]) == (list(SPLITS), [1] * 4)
    assert json.loads(render(table, "json"))["splits"] == list(SPLITS)
    assert f"{row['srcc_median']:.4f}" in render(table, "latex")
    markdown = render(table, "markdown")
    assert "| Test SRCC | Median SRCC | Test PLCC | Median PLCC |" in markdown
    assert "4 splits, seed 1." in markdown
    header, *lines = render(table, "csv").splitlines()
    cells = dict(zip(header.split(","), next(line for line in lines if line.startswith("F3")).split(","), strict=True))
    assert (cells["splits"], float(cells["srcc_median"])) == ("0 2 3 5", row["srcc_median"])


def test_the_paper_names_splits_in_its_table_its_macros_its_runs_and_its_commands(tmp_path: Path) -> None:
    make_splits(tmp_path, SPLITS)
    content = read_content(tmp_path, "livec")
    assert content.runs[1].name == "F1 split 2 seed 1"
    told = " ".join(caption_sentences(content))
    assert "4 splits, seed 1." in told
    assert "corrected as their training images overlap" in told
    assert "resamples" not in told
    assert "& Median & PLCC & Median &" in table_tex(content)
    numbers = {each.name: each.value for each in macros(content)}
    row = next(row for row in content.rows if row.id == "F3")
    assert numbers["IqaFthreeSplits"] == numbers["IqaSplits"] == "4"
    assert numbers["IqaFthreeSrccMedian"] == f"{row.row.srcc_median:.4f}"
    assert numbers["IqaFthreeSrccSd"] == f"{row.row.srcc_sd:.4f}"
    assert again(content)[0].endswith("--only F1,F3 --seeds 1 --splits 0,2,3,5")


def test_every_image_that_a_split_tests_is_shown_by_the_runs_that_tested_it(tmp_path: Path) -> None:
    make_splits(tmp_path, SPLITS)
    row = next(row for row in table_scores(build_table(tmp_path).rows, read_entries(tmp_path)) if row.id == "F3")
    found = images_of(row)
    assert TESTED < len(found.images) < IMAGES
    assert found.seed_words == "mean of the splits that test an image"
    assert found.run_words() == ["s1 split 0", "s1 split 2", "s1 split 3", "s1 split 5"]
    tested = {image.name: sum(not math.isnan(pred) for pred in image.preds) for image in found.images}
    assert min(tested.values()) == 1
    assert sum(tested.values()) == 4 * TESTED
    assert not any(math.isnan(image.pred) for image in found.images)
    alone = images_of(row, ("3", 1))
    assert (len(alone.images), alone.seed_words) == (TESTED, "split 3 seed 1")
