"""The findings of whole folders of runs, with answers that are known beforehand."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from iqa_tui.plans.plan import load_plan
from iqa_tui.results.findings.as_json import content, json_text
from iqa_tui.results.findings.as_text import markdown_text, plain_text
from iqa_tui.results.findings.build import findings_of
from iqa_tui.results.findings.values import Findings, Verdict
from iqa_tui.results.intervals.resampling import Resampling
from iqa_tui.results.table import read_entries, recorded_plan, table_of
from tests.fakes.ablation import LOSSES, make_ablation
from training.runfolder.layout import RunFolder

FEW = Resampling(resamples=2_000)


def found_in(runs_dir: Path, resampling: Resampling = FEW) -> Findings:
    entries = read_entries(runs_dir, "koniq-losses")
    plan = recorded_plan(entries)
    return findings_of(table_of(entries, "koniq-losses", plan), entries, plan, resampling)


@pytest.fixture(scope="module")
def ablation(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[tuple[str, int], RunFolder]]:
    folder = tmp_path_factory.mktemp("runs")
    return folder, make_ablation(folder, images=300)


@pytest.fixture(scope="module")
def findings(ablation: tuple[Path, dict[tuple[str, int], RunFolder]]) -> Findings:
    return found_in(ablation[0])


def scores(run: RunFolder) -> tuple[np.ndarray, np.ndarray]:
    with run.score_file("koniq-10k", "test").open() as file:
        rows = list(csv.DictReader(file))
    return tuple(np.array([float(row[name]) for row in rows]) for name in ("mos", "pred"))


def test_every_value_is_what_a_few_lines_compute_from_the_score_files(
    ablation: tuple[Path, dict[tuple[str, int], RunFolder]], findings: Findings
) -> None:
    ways = {
        "srcc": lambda mos, pred: stats.spearmanr(pred, mos).statistic,
        "plcc": lambda mos, pred: stats.pearsonr(pred, mos).statistic,
        "krcc": lambda mos, pred: stats.kendalltau(pred, mos).statistic,
        "rmse": lambda mos, pred: float(np.sqrt(np.mean((pred - mos) ** 2))),
    }
    _, runs = ablation
    for metric, way in ways.items():
        by_seed = {key: way(*scores(run)) for key, run in runs.items()}
        means = {row: np.mean([by_seed[row, seed] for seed in (1, 2, 3)]) for row in LOSSES}
        for row in LOSSES:
            estimate = findings.estimate(row, metric)
            assert estimate is not None
            assert estimate.value == pytest.approx(means[row], abs=1e-12)
            if row != "F1":
                difference = findings.difference(row, metric)
                assert difference is not None
                assert difference.value == pytest.approx(means[row] - means["F1"], abs=1e-12)


def test_the_standard_errors_are_what_a_plain_bootstrap_gives(
    ablation: tuple[Path, dict[tuple[str, int], RunFolder]], findings: Findings
) -> None:
    _, runs = ablation
    noise = np.random.default_rng(3)
    sets = {row: [scores(runs[row, seed]) for seed in (1, 2, 3)] for row in ("F1", "F5")}
    drawn = []
    for _ in range(400):
        chosen = noise.integers(300, size=300)
        of_rows = {
            row: np.mean([stats.spearmanr(pred[chosen], mos[chosen]).statistic for mos, pred in own])
            for row, own in sets.items()
        }
        drawn.append(of_rows["F5"] - of_rows["F1"])
    difference = findings.difference("F5", "srcc")
    assert difference is not None
    assert difference.se_images == pytest.approx(np.std(drawn, ddof=1), rel=0.15)
    gaps = [
        stats.spearmanr(sets["F5"][k][1], sets["F5"][k][0]).statistic
        - stats.spearmanr(sets["F1"][k][1], sets["F1"][k][0]).statistic
        for k in range(3)
    ]
    assert difference.se_seeds == pytest.approx(np.std(gaps, ddof=1) / np.sqrt(3))


def test_hypotheses_and_questions_are_those_of_the_plan(findings: Findings) -> None:
    plan = load_plan("koniq-losses")
    assert [(each.id, each.predict) for each in findings.hypotheses] == [
        (each.id, each.predict) for each in plan.hypotheses
    ]
    assert [each.text for each in findings.questions] == [each.text for each in plan.questions]
    steadiness = findings.hypotheses[3]
    assert [(link.link, link.verdict) for link in steadiness.links] == [
        ("F1 ~ F2", Verdict.HOLDS),
        ("F2 > F3", Verdict.HOLDS),
        ("F3 > F4", Verdict.HOLDS),
        ("F4 ~ F5", Verdict.HOLDS),
    ]


def test_a_recorded_baseline_gives_way_to_the_launched_one(findings: Findings) -> None:
    recorded = findings.difference("F1 ◆", "srcc")
    assert recorded is not None
    assert (recorded.low, recorded.p) == (None, None)
    assert "recorded" in recorded.note
    other = findings.difference("F3", "srcc")
    assert other is not None
    assert other.low is not None


def test_a_recorded_baseline_alone_gives_a_difference_without_an_interval(tmp_path: Path) -> None:
    make_ablation(tmp_path, {"F3": LOSSES["F3"]}, images=60)
    findings = found_in(tmp_path)
    difference = findings.difference("F3", "srcc")
    assert difference is not None
    assert difference.value is not None
    assert difference.p is None
    assert findings.recommendation.id is None
    assert findings.hypotheses[0].verdict is Verdict.NOT_RUN
    assert findings.hypotheses[0].why == "F2, F4 and F5 have no result yet"


def test_one_seed_is_said_with_every_difference_and_among_the_limits(tmp_path: Path) -> None:
    make_ablation(tmp_path, images=60, seeds=(1,))
    findings = found_in(tmp_path)
    own = [each for each in findings.differences if each.metric == "srcc" and each.id != "F1 ◆"]
    assert len(own) == 4
    assert all("one seed: training noise is not in it" in each.note for each in own)
    assert findings.limits[0].startswith("One seed: training noise is not in the intervals.")
    assert findings.hypotheses[3].verdict is Verdict.OPEN


def test_unequal_seeds_are_paired_if_both_rows_have_them_and_it_is_said(tmp_path: Path) -> None:
    make_ablation(tmp_path, {"F1": LOSSES["F1"], "F3": LOSSES["F3"][:2]}, images=60)
    findings = found_in(tmp_path)
    difference = findings.difference("F3", "srcc")
    assert difference is not None
    assert difference.seeds == (1, 2)
    assert "seed 3 of F1 alone left out" in difference.note
    assert any("unequal numbers of seeds (F1 3 and F3 2)" in text for text in findings.limits)


def test_constant_predictions_are_undefined_in_words(tmp_path: Path) -> None:
    runs = make_ablation(tmp_path, {"F1": LOSSES["F1"], "F3": LOSSES["F3"]}, images=60)
    for seed in (1, 2, 3):
        path = runs["F3", seed].score_file("koniq-10k", "test")
        lines = path.read_text().splitlines()
        path.write_text("\n".join([lines[0], *(line.rpartition(",")[0] + ",3.0" for line in lines[1:])]) + "\n")
    difference = found_in(tmp_path).difference("F3", "srcc")
    assert difference is not None
    assert difference.value is None
    assert "constant predictions" in difference.note


def test_demo_labels_have_numbers_and_neither_intervals_nor_advice(tmp_path: Path) -> None:
    make_ablation(tmp_path, images=60, demo=True)
    findings = found_in(tmp_path)
    assert all(each.low is None for each in findings.rows if each.metric == "srcc")
    assert all(each.p is None for each in findings.differences if each.metric == "srcc")
    assert findings.recommendation.id is None
    assert "not human opinions" in findings.limits[0]


def test_a_damaged_score_file_leaves_the_numbers_of_the_result(tmp_path: Path) -> None:
    runs = make_ablation(tmp_path, {"F1": LOSSES["F1"], "F3": LOSSES["F3"]}, images=60)
    runs["F3", 2].score_file("koniq-10k", "test").write_text("image,mos,pred\na.jpg,1.0\n")
    estimate = found_in(tmp_path).estimate("F3", "srcc")
    assert estimate is not None
    assert estimate.value is not None
    assert "koniq-10k_test.csv, line 2" in estimate.note


def test_the_json_has_the_promised_keys_and_nothing_that_is_no_number(findings: Findings) -> None:
    parsed = json.loads(json_text(findings), parse_constant=pytest.fail)
    assert {"id", "metric", "value", "se_images", "se_seeds", "low", "high", "seeds", "images"} <= set(
        parsed["rows"][0]
    )
    keys = "id baseline metric value se low high p p_holm min_detectable seeds note"
    assert set(keys.split()) <= set(parsed["differences"][0])
    assert {"id", "text", "predict", "measure", "verdict", "links", "why"} <= set(parsed["hypotheses"][0])
    assert {"kind", "text", "answer"} == set(parsed["questions"][0])
    assert {"id", "why"} == set(parsed["recommendation"])
    assert parsed["resamples"] == 2_000
    assert parsed["hypotheses"][3]["verdict"] == "holds"
    assert json.loads(json.dumps(content(findings))) == parsed


def test_the_same_runs_say_the_same_again(
    ablation: tuple[Path, dict[tuple[str, int], RunFolder]], findings: Findings
) -> None:
    assert json_text(found_in(ablation[0])) == json_text(findings)


def test_a_title_from_a_plan_cannot_format_the_page_or_move_the_cursor(findings: Findings) -> None:
    strange = replace(findings, title="# a\x1b[2J *b* | c")
    assert "\x1b" not in plain_text(strange)
    assert markdown_text(strange).startswith("# \\# a")


@pytest.mark.parametrize("width", [40, 80, 100])
def test_text_keeps_to_its_width(findings: Findings, width: int) -> None:
    assert max(map(len, plain_text(findings, width).splitlines())) <= width
