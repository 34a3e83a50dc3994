"""A finished ablation that never ran: its run folders hold scores, events and results that agree with each other."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.fakes.runs import finish_run, queue_experiment
from tests.fakes.scored import Scored
from training.metrics import all_metrics
from training.runfolder.layout import RunFolder
from training.runfolder.write import EventWriter, make_folder

STEPS_AN_EPOCH, EPOCHS = 60, 5
LOSSES = {
    "F1": (0.9350, 0.9357, 0.9352),
    "F2": (0.9310, 0.9316, 0.9305),
    "F3": (0.9375, 0.9381, 0.9370),
    "F4": (0.9371, 0.9374, 0.9377),
    "F5": (0.9260, 0.9281, 0.9243),
}
"""Test SRCC that is aimed at, by row and seed 1, 2, 3."""
UNSTEADINESS = {"F1": 0.10, "F2": 0.10, "F3": 0.20, "F4": 0.35, "F5": 0.36}
HOURS = {"F1": 1.7, "F2": 1.7, "F3": 1.7, "F4": 2.0, "F5": 2.1}


def make_ablation(
    runs_dir: Path,
    srccs: Mapping[str, Sequence[float]] = LOSSES,
    *,
    images: int = 400,
    seeds: Sequence[int] = (1, 2, 3),
    **changes: object,
) -> dict[tuple[str, int], RunFolder]:
    """Finished runs of the KonIQ-10k preset.

    Args:
        srccs: row to about the test SRCC of each seed.
        images: in the test set.
        changes: of every result.

    Returns:
        (row, seed) to its run.
    """
    scored = Scored(images, seed=7)
    runs = {}
    for row, values in srccs.items():
        for seed, srcc in zip(seeds, values, strict=False):
            runs[row, seed] = finished(runs_dir, row, seed, scored, srcc, changes)
    return runs


def finished(
    runs_dir: Path, row: str, seed: int, scored: Scored, srcc: float, changes: Mapping[str, object]
) -> RunFolder:
    """One run with its scores, events and result."""
    run = queue_experiment(runs_dir, row, seed=seed)
    mos = 3 + scored.opinions / 2
    pred = 3 + scored.predictions(srcc) / 2
    write_scores(run, scored.names, mos, pred)
    _write_events(run, row, seed, srcc)
    metrics, _ = all_metrics(pred, mos)
    result = {
        "metrics": {"test": metrics, "val": {"srcc": srcc}},
        "images": {"train": 7058, "val": 1000, "test": len(mos)},
        "best_epoch": EPOCHS,
        "epochs": EPOCHS,
        "config": {"batch_size": 32},
        "network": "swin-base",
    }
    return finish_run(run, None, None, hours=HOURS[row] + 0.01 * seed, **(result | changes))


def write_scores(run: RunFolder, names: Sequence[str], mos: np.ndarray, pred: np.ndarray) -> None:
    path = run.score_file("koniq-10k", "test")
    make_folder(path.parent)
    lines = [
        "image,mos,pred",
        *(f"{n},{m!r},{p!r}" for n, m, p in zip(names, mos.tolist(), pred.tolist(), strict=True)),
    ]
    path.write_text("\n".join(lines) + "\n")


def _write_events(run: RunFolder, row: str, seed: int, srcc: float) -> None:
    noise = np.random.default_rng([ord(row[1]), seed])
    clock = itertools.count(1_700_000_000.0)
    writer = EventWriter(run.events, 1, clock=lambda: next(clock))
    try:
        for epoch in range(1, EPOCHS + 1):
            for step in range((epoch - 1) * STEPS_AN_EPOCH + 1, epoch * STEPS_AN_EPOCH + 1):
                loss = 0.4 / math.sqrt(step) + 0.01 * abs(noise.normal())
                norm = 5 * math.exp(UNSTEADINESS[row] * noise.normal())
                speed = {"lr": 5e-6, "images_per_second": 40.0}
                writer.write("step", epoch=epoch, step=step, loss=loss, grad_norm=norm, **speed)
            writer.write("evaluated", epoch=epoch, split="val", metrics={"srcc": srcc - 0.1 / epoch**2})
    finally:
        writer.close()
