"""Rows of runs that were trained on several data sets."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from iqa_tui.results.columns import columns_for
from iqa_tui.results.images.views import Wanted
from iqa_tui.results.intervals.looking import look_at_images
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.intervals.score_files import table_scores, together
from iqa_tui.results.intervals.scores import RowScores, RunScores
from iqa_tui.results.intervals.table import measure_rows
from iqa_tui.results.table import build_table, read_entries
from tests.fakes.runs import finish_run, queue_experiment
from tests.fakes.scored import METRICS, Scored, measured
from training.runfolder.layout import RunFolder

MIXED = "koniq-10k+kadid-10k"
RANGES = {"koniq-10k": (0.0, 100.0), "kadid-10k": (1.0, 5.0)}
SETS = {name: {"mos_range": list(ends), "calibration": None, "images": {}} for name, ends in RANGES.items()}


def part(name: str, scored: Scored, srcc: float, **changes: object) -> RunScores:
    """Opinions of two studies: KonIQ's are on 0 to 100 and lie above, KADID's on 1 to 5."""
    low, high = RANGES[name]
    mos, pred = scored.opinions, scored.predictions(srcc)
    on_scale = [low + (high - low) * (0.5 + 0.1 * values) for values in (mos, pred)]
    return scored.run(1, mos=on_scale[0], predictions=on_scale[1], part_of=name, **changes)


def row(identity: str, *parts: RunScores) -> RowScores:
    return RowScores(identity, (together(parts, RANGES),), MIXED, "clean")


@pytest.fixture
def parts() -> list[RunScores]:
    return [part("koniq-10k", Scored(), 0.9), part("kadid-10k", Scored(120, seed=3), 0.6)]


def test_a_metric_is_the_mean_of_those_on_each_data_set(parts: list[RunScores]) -> None:
    table = measured(row("F1", *parts))
    for metric, measure in (("srcc", stats.spearmanr), ("plcc", stats.pearsonr), ("krcc", stats.kendalltau)):
        each = [float(measure(own.predictions, own.mos).statistic) for own in parts]
        assert table.estimate("F1", metric).value == pytest.approx(sum(each) / 2)
    error = table.estimate("F1", "rmse")
    assert (error.value, error.note) == (None, "errors on several scales have no mean; see those on each data set")
    found = table.estimate("F1", "srcc")
    assert (found.images, found.units) == (320, 320)


@pytest.mark.parametrize("metric", ["srcc", "plcc", "krcc"])
def test_the_noise_of_the_mean_is_that_of_data_sets_drawn_by_themselves(parts: list[RunScores], metric: str) -> None:
    alone = [measure_rows([RowScores("F1", (own,))], METRICS, Resampling(4000)) for own in parts]
    errors = [table.estimate("F1", metric).se_images for table in alone]
    both = measure_rows([row("F1", *parts)], METRICS, Resampling(4000)).estimate("F1", metric).se_images
    assert both == pytest.approx(np.hypot(*errors) / 2, rel=0.08)


def test_two_data_sets_with_the_same_images_are_not_drawn_alike() -> None:
    """Drawn alike, the noise of one would be added to itself: 1.41 times as much."""
    scored = Scored()
    one = part("koniq-10k", scored, 0.8)
    low = (one.mos / 100) * 4 + 1, (one.predictions / 100) * 4 + 1
    twin = scored.run(1, mos=low[0], predictions=low[1], part_of="kadid-10k")
    alone = measure_rows([RowScores("F1", (one,))], ["srcc"], Resampling(4000)).estimate("F1", "srcc")
    both = measure_rows([row("F1", one, twin)], ["srcc"], Resampling(4000)).estimate("F1", "srcc")
    assert both.value == pytest.approx(alone.value)
    assert both.se_images == pytest.approx(alone.se_images / np.sqrt(2), rel=0.08)


def test_two_mixed_rows_are_paired_by_image_and_reference_images_are_drawn_whole() -> None:
    koniq, kadid = Scored(), Scored(120, seed=3)
    groups = tuple(f"photo{number // 12}" for number in range(120))
    rows = [
        row(identity, part("koniq-10k", koniq, srcc), part("kadid-10k", kadid, srcc, groups=groups))
        for identity, srcc in (("F1", 0.85), ("F2", 0.88))
    ]
    table = measured(*rows)
    assert (table.estimate("F1", "srcc").images, table.estimate("F1", "srcc").units) == (320, 210)
    difference = table.difference("F2", "F1", "srcc")
    apart = np.hypot(*(table.estimate(identity, "srcc").se_images for identity in ("F1", "F2")))
    assert difference.se_images < 0.9 * apart


def test_a_constant_prediction_on_one_data_set_leaves_no_mean(parts: list[RunScores]) -> None:
    flat = Scored(120, seed=3).run(1, predictions=np.full(120, 3.0), part_of="kadid-10k")
    found = measured(row("F1", parts[0], flat)).estimate("F1", "srcc")
    assert found.value is None
    assert "undefined: constant predictions of kadid-10k" in found.note


def finished(runs_dir: Path, parts: list[RunScores], **changes: object) -> RunFolder:
    run = queue_experiment(runs_dir, "F2", seed=1, dataset=MIXED)
    each = {own.part_of: float(stats.spearmanr(own.predictions, own.mos).statistic) for own in parts}
    mean = sum(each.values()) / len(each)
    told = {f"{name} test": {"srcc": srcc, "plcc": srcc} for name, srcc in each.items()}
    metrics = {"test": {"srcc": mean, "plcc": mean}, "val": {"srcc": 0.9}, "koniq-10k val": {"srcc": 0.9}, **told}
    finish_run(
        run, mean, mean, **{"metrics": {**metrics, "spaq": {"srcc": 0.8}}, "dataset": MIXED, "sets": SETS, **changes}
    )
    run.scores.mkdir()
    for own in parts:
        with run.score_file(own.part_of, "test").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["image", "mos", "pred"])
            writer.writerows(zip(own.images, own.mos.tolist(), own.predictions.tolist(), strict=True))
    return run


def test_a_table_shows_the_mean_and_the_scores_on_each_data_set(tmp_path: Path, parts: list[RunScores]) -> None:
    run = finished(tmp_path, parts)
    table = build_table(tmp_path)
    (line,) = [each for each in table.rows if each.run_ids == (run.run_id,)]
    each = [float(stats.spearmanr(own.predictions, own.mos).statistic) for own in parts]
    assert [line.more[f"{name} test/srcc"][0] for name in RANGES] == pytest.approx(each)
    headings = {column.heading: column.words for column in columns_for(table)}
    assert (
        headings["koniq-10k test SRCC"] == "SRCC on the test split of koniq-10k, one of those that a run was trained on"
    )
    assert headings["spaq SRCC"] == "SRCC on the data set spaq"
    assert not any("val" in heading.split() for heading in headings)
    scores = table_scores(table.rows, read_entries(tmp_path, table.group))
    own = next(each for each in scores if each.runs)
    assert measure_rows([own], ["srcc"], Resampling(100)).estimate(own.id, "srcc").value == pytest.approx(line.srcc)
    assert own.runs[0].images[0] == "koniq-10k/img_0000.jpg"
    assert -0.5 < own.runs[0].mos.min() < own.runs[0].mos.max() < 1.5


@pytest.mark.parametrize(
    ("changes", "words"), [({"sets": {}}, "does not tell the scale"), ({}, "there is no kadid-10k_test.csv")]
)
def test_without_a_file_or_a_scale_the_result_alone_counts(
    tmp_path: Path, parts: list[RunScores], changes: dict[str, object], words: str
) -> None:
    run = finished(tmp_path, parts, **changes)
    if not changes:
        run.score_file("kadid-10k", "test").unlink()
    table = build_table(tmp_path)
    own = next(each for each in table_scores(table.rows, read_entries(tmp_path, table.group)) if each.runs)
    assert words in own.runs[0].problem
    assert own.runs[0].numbers["srcc"] == pytest.approx(table.rows[1].srcc or table.rows[0].srcc)


def test_an_image_is_looked_for_in_the_folder_of_its_data_set(tmp_path: Path, parts: list[RunScores]) -> None:
    config = {"data_path": "koniq-10k=/data/koniq:kadid-10k=/data/kadid"}
    finished(tmp_path, parts, config=config)
    table = build_table(tmp_path)
    place = next(place for place, each in enumerate(table.rows) if each.run_ids)
    found = look_at_images(table.rows, read_entries(tmp_path, table.group), Wanted(place))
    assert found.folders["koniq-10k"][0] == Path("/data/koniq")
    assert found.folders["kadid-10k"][0] == Path("/data/kadid")
    assert len(found.images.images) == 320


def test_a_row_of_one_data_set_stands_beside_the_test_on_it_of_rows_of_several(
    tmp_path: Path, parts: list[RunScores]
) -> None:
    finished(tmp_path, parts)
    finish_run(queue_experiment(tmp_path, "F3", seed=1), 0.91, 0.92)
    rows = {row.id: row for row in build_table(tmp_path).rows if row.run_ids}
    assert rows["F3"].more["koniq-10k test/srcc"] == (0.91, None)
    assert rows["F3"].more["koniq-10k test/plcc"] == (0.92, None)
    assert "kadid-10k test/srcc" not in rows["F3"].more
    assert "koniq-10k test/srcc" in rows["F2"].more


def test_rows_of_different_data_sets_have_no_best_and_a_note_at_their_difference(
    tmp_path: Path, parts: list[RunScores]
) -> None:
    finished(tmp_path, parts)
    finish_run(queue_experiment(tmp_path, "F1", seed=1), 0.91, 0.92)
    table = build_table(tmp_path)
    rows = {row.id: row for row in table.rows if row.run_ids}
    assert not any(row.best_srcc or row.best_plcc for row in table.rows)
    assert rows["F2"].delta_note.startswith(f"difference across data sets ({MIXED} − koniq-10k)")
    finish_run(queue_experiment(tmp_path, "F2", seed=1, day=1), 0.92, 0.93)  # a newer run of the same seed
    assert next(row for row in build_table(tmp_path).rows if row.id == "F2" and row.run_ids).best_srcc
