"""Which differences a launch can show."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from iqa_tui.plans.plan import load_plan
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.scoring import Scoring
from iqa_tui.results.power import (
    TEST_IMAGES,
    TYPICAL_IMAGE_SD,
    TYPICAL_SEED_SD,
    Power,
    Spread,
    power_of,
    power_with,
    spread_of,
    typical_spread,
)
from tests.fakes.ablation import make_ablation
from training.dataset_flag import DATASETS
from training.runfolder.read import read_spec
from training.runfolder.write import write_record

KONIQ = Scoring("koniq-10k", "clean")
TWO = {"F1": (0.935, 0.936, 0.937), "F2": (0.931, 0.933, 0.930)}


def a_launch(runs_dir: Path, seeds: int = 3) -> LaunchRequest:
    return LaunchRequest(load_plan("koniq-losses"), seeds=tuple(range(1, seeds + 1)), runs_dir=runs_dir)


def test_without_finished_runs_the_spread_is_a_typical_one_and_the_words_say_so(tmp_path: Path) -> None:
    power = power_of(a_launch(tmp_path))
    assert power == Power(
        "3 seeds: differences from about 0.008 on", "3 seeds: differences from about 0.008 on, by a typical spread"
    )


def test_the_number_is_what_four_of_five_simulated_experiments_find() -> None:
    seeds, noise = 5, np.random.default_rng(5)
    shown = float(power_with(seeds, Spread(0.003, 0.0, 2015)).short.split()[-2])
    values = shown + noise.normal(scale=0.003, size=(4_000, seeds))
    found = stats.ttest_1samp(values, 0.0, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.08)


def test_more_seeds_show_smaller_differences_and_one_shows_none() -> None:
    shown = [float(power_with(seeds, typical_spread(KONIQ)).short.split()[-2]) for seeds in (2, 3, 9)]
    assert shown == sorted(shown, reverse=True)
    assert len(set(shown)) == 3
    assert power_with(1, typical_spread(KONIQ)) == Power()


def test_finished_runs_tested_alike_give_their_own_spread(tmp_path: Path) -> None:
    runs = make_ablation(tmp_path, TWO, images=200)
    spread = spread_of(tmp_path, KONIQ)
    srccs = {key: run_srcc(run.score_file("koniq-10k", "test")) for key, run in runs.items()}
    differences = [srccs["F1", seed] - srccs["F2", seed] for seed in (1, 2, 3)]
    assert spread.seed_sd == pytest.approx(np.std(differences, ddof=1))
    assert (spread.units, spread.group) == (200, "koniq-losses")
    assert spread.images_se is not None
    assert spread.images_se > 0
    assert power_of(a_launch(tmp_path)).words.endswith(", by the runs of koniq-losses")


def run_srcc(path: Path) -> float:
    mos, pred = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(1, 2), unpack=True)
    return float(stats.spearmanr(mos, pred).statistic)


@pytest.mark.parametrize(
    "changes",
    [{"protocol": "published"}, {"dataset": "spaq"}, {"limited": True}, {"demo": True}],
    ids=lambda changes: next(iter(changes)),
)
def test_runs_that_were_tested_otherwise_do_not_count(tmp_path: Path, changes: dict[str, object]) -> None:
    make_ablation(tmp_path, TWO, images=100, **changes)
    assert spread_of(tmp_path, KONIQ) == typical_spread(KONIQ)


def test_a_quick_look_is_judged_by_quick_looks_at_as_many_images(tmp_path: Path) -> None:
    make_ablation(tmp_path, TWO, images=100, limited=True)
    assert spread_of(tmp_path, replace(KONIQ, limit=100)).group == "koniq-losses"
    assert spread_of(tmp_path, replace(KONIQ, limit=50)).group == ""


@pytest.mark.parametrize(
    "srccs", [{"F1": (0.935, 0.936, 0.937)}, {"F1": (0.935,), "F2": (0.93,), "F3": (0.94,), "F4": (0.93,)}]
)
def test_one_row_or_one_seed_has_no_spread_of_a_difference(tmp_path: Path, srccs: dict[str, tuple[float, ...]]) -> None:
    make_ablation(tmp_path, srccs, images=100)
    assert spread_of(tmp_path, KONIQ) == typical_spread(KONIQ)


def test_the_newest_group_that_has_a_spread_counts(tmp_path: Path) -> None:
    older = make_ablation(tmp_path, TWO, images=100)
    for run in older.values():
        write_record(run.spec, replace(read_spec(run), group="older", created=1.0))
        run.path.rename(run.path.with_name(f"older_{run.run_id}"))
    assert spread_of(tmp_path, KONIQ).group == "older"
    make_ablation(tmp_path, TWO, images=150)
    spread = spread_of(tmp_path, KONIQ)
    assert (spread.group, spread.units) == ("koniq-losses", 150)


def test_scores_that_cannot_be_read_leave_the_typical_spread(tmp_path: Path) -> None:
    for run in make_ablation(tmp_path, TWO, images=100).values():
        run.score_file("koniq-10k", "test").write_text("nothing")
    assert spread_of(tmp_path, KONIQ) == typical_spread(KONIQ)


def test_a_data_set_whose_test_images_are_not_known_is_judged_by_its_seeds_alone_and_says_so() -> None:
    assert set(TEST_IMAGES) <= set(DATASETS)
    spread = typical_spread(Scoring("tid2013", "clean"))
    assert (spread.seed_sd, spread.images_se) == (TYPICAL_SEED_SD, None)
    power = power_with(3, spread)
    assert power.short == "3 seeds: differences from 0.009 on at best"
    assert power.words.endswith("; that of the test images is not known")


def test_fewer_test_images_show_less() -> None:
    few, all_of_them = typical_spread(replace(KONIQ, limit=64)), typical_spread(KONIQ)
    assert few.images_se is not None
    assert all_of_them.images_se is not None
    assert few.images_se > all_of_them.images_se
    assert typical_spread(replace(KONIQ, limit=9_999)) == all_of_them


def test_the_typical_image_part_is_that_of_two_networks_that_err_alike() -> None:
    noise, images, alike = np.random.default_rng(1), 500, 0.87
    error = math.sqrt(1 / 0.935**2 - 1)
    differences, values = [], []
    for _ in range(400):
        mos, common, *own = noise.normal(size=(4, images))
        preds = [mos + error * (math.sqrt(alike) * common + math.sqrt(1 - alike) * each) for each in own]
        first, second = (stats.spearmanr(pred, mos).statistic for pred in preds)
        values.append(first)
        differences.append(first - second)
    assert np.mean(values) == pytest.approx(0.93, abs=0.01)
    assert np.std(differences) * math.sqrt(images) == pytest.approx(TYPICAL_IMAGE_SD, rel=0.2)


def test_over_random_splits_the_number_is_that_of_the_corrected_interval(tmp_path: Path) -> None:
    plan = replace(load_plan("koniq-losses"), base={"dataset": "livec"}, splits=tuple(range(10)))
    power = power_of(LaunchRequest(plan, seeds=(1,), runs_dir=tmp_path))
    variance = TYPICAL_SEED_SD**2 + TYPICAL_IMAGE_SD**2 / TEST_IMAGES["livec"]
    factor = stats.t.ppf(0.975, 9) + stats.t.ppf(0.8, 9)
    shown = factor * math.sqrt(variance * (1 / 10 + 0.2 / 0.7))
    assert power.short == f"10 splits, 1 seed: differences from about {shown:.3f} on"
    more = power_of(LaunchRequest(plan, seeds=(1, 2, 3), runs_dir=tmp_path))
    assert more.short.startswith("10 splits, 3 seeds: differences from about")
