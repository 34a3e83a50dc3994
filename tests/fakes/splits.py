"""Finished runs of two losses on random splits of one data set, whose scores and results agree with each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.fakes.runs import PLAN, finish_run, queue_experiment
from training.metrics import all_metrics
from training.runfolder.layout import RunFolder
from training.runfolder.write import make_folder

IMAGES, TESTED, TRAINED = 300, 60, 210
AIMS = {"F1": 0.80, "F3": 0.84}
LIVEC: dict[str, Any] = {**PLAN, "base": {**PLAN["base"], "dataset": "livec"}, "recorded": []}


def make_splits(
    runs_dir: Path, splits: Sequence[int], seeds: Sequence[int] = (1,), rows: Sequence[str] = ("F1", "F3")
) -> dict[tuple[str, int, int], RunFolder]:
    """A split tests the images that it draws; what a run predicts for one hangs on row, split and seed.

    Returns:
        (row, split, seed) to its run.
    """
    names = np.array([f"{number}.jpg" for number in range(IMAGES)])
    opinions = np.random.default_rng(5).uniform(0, 100, IMAGES)
    runs = {}
    for split in splits:
        tested = np.sort(np.random.default_rng(split).permutation(IMAGES)[:TESTED])
        for row in rows:
            for seed in seeds:
                noise = np.random.default_rng([split, seed, ord(row[1])]).normal(size=TESTED)
                pred = opinions[tested] + noise * 29 * np.sqrt(1 / AIMS[row] ** 2 - 1)
                runs[row, split, seed] = _finished(
                    runs_dir, (row, split, seed), names[tested].tolist(), opinions[tested], pred
                )
    return runs


def _finished(
    runs_dir: Path, which: tuple[str, int, int], names: Sequence[str], mos: np.ndarray, pred: np.ndarray
) -> RunFolder:
    row, split, seed = which
    argv = ["python", "-m", "training", "--split_seed", str(split), "--seed", str(seed)]
    run = queue_experiment(runs_dir, row, seed=seed, argv=argv, plan=LIVEC, dataset="livec", group="livec")
    metrics, _ = all_metrics(pred, mos)
    make_folder((path := run.score_file("livec", "test")).parent)
    lines = (f"{n},{m!r},{p!r}" for n, m, p in zip(names, mos.tolist(), pred.tolist(), strict=True))
    path.write_text("\n".join(["image,mos,pred", *lines]) + "\n")
    return finish_run(
        run, None, None, metrics={"test": metrics, "val": {"srcc": metrics["srcc"]}}, dataset="livec",
        images={"train": TRAINED, "val": IMAGES - TRAINED - TESTED, "test": TESTED},
    )  # fmt: skip
