"""The page of findings: each number in it is computed again, by a few lines of their own, from the files of scores."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from iqa_tui.results.findings.as_text import markdown_text
from iqa_tui.results.findings.build import findings_of
from iqa_tui.results.table import read_entries, recorded_plan, table_of
from tests.fakes.ablation import make_ablation
from training.runfolder.layout import RunFolder

SEEDS = (1, 2, 3)
ROWS = ("F1", "F2", "F3", "F4", "F5")
DRAWS = 300
NUMBER = r"([+−]?\d+\.\d{4})"
LINE = re.compile(
    rf"^- \*\*(\w\d)\*\*: {NUMBER} \\\[{NUMBER}, {NUMBER}\\\](?:: (shown|not shown), p (=|<) (\d\.\d+))?", re.MULTILINE
)
Scores = tuple[np.ndarray, np.ndarray]
"""Opinions and predictions of one run."""


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], RunFolder]:
    return make_ablation(tmp_path_factory.mktemp("runs"), images=250)


@pytest.fixture(scope="module")
def page(runs: dict[tuple[str, int], RunFolder]) -> str:
    entries = read_entries(runs["F1", 1].path.parent, "koniq-losses")
    plan = recorded_plan(entries)
    return markdown_text(findings_of(table_of(entries, "koniq-losses", plan), entries, plan))


@pytest.fixture(scope="module")
def scores(runs: dict[tuple[str, int], RunFolder]) -> dict[tuple[str, int], Scores]:
    return {key: read(run) for key, run in runs.items()}


def read(run: RunFolder) -> Scores:
    with run.score_file("koniq-10k", "test").open() as file:
        rows = list(csv.DictReader(file))
    return np.array([float(row["mos"]) for row in rows]), np.array([float(row["pred"]) for row in rows])


def section(page: str, heading: str) -> dict[str, tuple[float, ...]]:
    """Row to the numbers that stand behind it: value, low, high, and p if there is one."""
    text = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return {
        found[1]: tuple(float(each.replace("−", "-")) for each in (found[2], found[3], found[4], found[7]) if each)
        for found in LINE.finditer(text)
    }


def srcc(mos: np.ndarray, pred: np.ndarray) -> float:
    return float(stats.spearmanr(mos, pred).statistic)


def plcc(mos: np.ndarray, pred: np.ndarray) -> float:
    return float(stats.pearsonr(mos, pred).statistic)


def noise(
    scores: dict[tuple[str, int], Scores], metric: Callable[[np.ndarray, np.ndarray], float], row: str, minus: str = ""
) -> tuple[float, float, float]:
    """Value, standard error and its degrees of freedom, by resampling images one draw after another."""

    def value(chosen: np.ndarray, seed: int) -> float:
        of = [metric(*(column[chosen] for column in scores[each, seed])) for each in (row, minus) if each]
        return of[0] - of[1] if minus else of[0]

    count = len(scores[row, 1][0])
    whole = np.arange(count)
    by_seed = [value(whole, seed) for seed in SEEDS]
    draws = np.random.default_rng(5).integers(count, size=(DRAWS, count))
    images = float(np.var([np.mean([value(chosen, seed) for seed in SEEDS]) for chosen in draws], ddof=1))
    seeds = float(np.var(by_seed, ddof=1)) / len(SEEDS)
    df = (images + seeds) ** 2 / (images**2 / (count - 1) + seeds**2 / (len(SEEDS) - 1))
    return float(np.mean(by_seed)), float(np.sqrt(images + seeds)), df


def test_each_value_and_interval_of_a_row(page: str, scores: dict[tuple[str, int], Scores]) -> None:
    told = section(page, "Test SRCC")
    assert sorted(told) == list(ROWS)
    for row in ROWS:
        value, se, df = noise(scores, srcc, row)
        half = stats.t.ppf(0.975, df) * se / (1 - value**2)
        low, high = np.tanh(np.arctanh(value) + np.array([-half, half]))
        assert told[row][0] == pytest.approx(value, abs=5.1e-5)
        assert told[row][1:3] == pytest.approx((low, high), abs=0.2 * (high - low))


@pytest.mark.parametrize(("name", "metric"), [("SRCC", srcc), ("PLCC", plcc)])
def test_each_difference_its_interval_and_its_p_after_holm(
    page: str, scores: dict[tuple[str, int], Scores], name: str, metric: Callable[[np.ndarray, np.ndarray], float]
) -> None:
    told = section(page, f"Difference to F1 in {name}")
    assert sorted(told) == ["F2", "F3", "F4", "F5"]
    p_values = {}
    for row in told:
        value, se, df = noise(scores, metric, row, "F1")
        half = stats.t.ppf(0.975, df) * se
        assert told[row][0] == pytest.approx(value, abs=5.1e-5)
        assert told[row][1:3] == pytest.approx((value - half, value + half), abs=0.4 * half)
        p_values[row] = 2 * stats.t.sf(abs(value) / se, df)
    largest = 0.0
    for done, row in enumerate(sorted(p_values, key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - done) * p_values[row]))
        assert told[row][3] == pytest.approx(largest, abs=0.15)
        if abs(largest - 0.05) > 0.03:
            assert (": shown" in _line(page, name, row)) == (largest < 0.05)


def _line(page: str, name: str, row: str) -> str:
    text = page.partition(f"## Difference to F1 in {name}\n")[2]
    return next(line for line in text.splitlines() if line.startswith(f"- **{row}**"))


def test_the_means_of_hours_and_spreads_of_srcc(
    page: str, runs: dict[tuple[str, int], RunFolder], scores: dict[tuple[str, int], Scores]
) -> None:
    text = page.partition("## Training and cost\n")[2]
    for row in ROWS:
        line = next(each for each in text.splitlines() if each.startswith(f"- **{row}**"))
        spread = float(np.std([srcc(*scores[row, seed]) for seed in SEEDS], ddof=1))
        assert f"SD of the test SRCC over seeds {spread:.4f}" in line


def test_the_head_of_each_hypothesis_says_its_verdict(page: str) -> None:
    heads = re.findall(r"^- \*\*(H\d) (\S) (holds|does not hold|cannot be told|not run yet)\*\*", page, re.MULTILINE)
    assert [head[0] for head in heads] == ["H1", "H2", "H3", "H4"]
    assert {sign: verdict for _, sign, verdict in heads}.items() <= {
        "✓": "holds",
        "✗": "does not hold",
        "?": "cannot be told",
        "○": "not run yet",
    }.items()
