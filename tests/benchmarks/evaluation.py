"""Scoring a test split, one gain a figure: batches against crops one by one in one precision, bf16 against fp32 in the
same batches."""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.benchmarks.figure import report
from tests.benchmarks.means import LITE0, PHOTOGRAPHS, Means, decoded
from tests.benchmarks.plain import PlainScores, read_all
from training import metrics
from training.datasets.base import Dataset
from training.device import Placement, cpu_has_bf16
from training.images.batches import SplitImages
from training.images.store import ImageStore
from training.images.transforms import random_corners
from training.network.weights import packaged_file
from training.run.evaluate import score_crops

Scores = npt.NDArray[np.float64]
SHARED = f"{PHOTOGRAPHS} --attention_fusion --seed 1 --test_patch_num 20 --test_random_crop --train_patch_num 1"
SMALL = f"{SHARED} --limit_train_images 256 --limit_test_images 100 --batch_size 16 --lr 3e-4"
LARGE = f"{SHARED} --limit_train_images 1 --limit_test_images 4 --model_size base --weights none"
TRAINED_EPOCHS = 3
"""So that scores differ by more than rounding, as those of any trained network do."""
PARTS = 4
"""The split is scored in parts, the ways in turns, so that a busy moment of a shared machine falls on each."""


class Ways:
    """One network and one test split, scored in several ways."""

    def __init__(self, means: Means, dataset: Dataset, store: ImageStore) -> None:
        self._means = means
        self._dataset = dataset
        self._store = store
        side = means.config.patch_size
        self._plain = PlainScores(means.network, means.network.normalisation, side)
        self._pictures = read_all(dataset, "test", side)

    def plainly(self, numbers: range) -> list[float]:
        self._means.network.eval()
        return [self._plain.score(self._pictures[number], self._corners(number)) for number in numbers]

    def by_trainer(self, placement: Placement) -> Callable[[range], list[float]]:
        items = [number for number, item in enumerate(self._dataset.items) if item.split == "test"]

        def score(numbers: range) -> list[float]:
            chosen = [items[number] for number in numbers]
            part = replace(self._dataset, items=tuple(self._dataset.items[number] for number in chosen))
            store = ImageStore([self._store.places[number] for number in chosen])
            images = SplitImages(part, store, "test")
            scores, _ = score_crops(self._means.network, images, self._means.config, placement)
            return [float(score) for score in scores]

        return score

    def _corners(self, number: int) -> list[tuple[int, int]]:
        config, picture = self._means.config, self._pictures[number]
        corners = random_corners(
            config.test_crops,
            picture.height,
            picture.width,
            config.patch_size,
            seed=config.seed,
            image=self._dataset.split("test")[number].name,
        )
        return [(int(top), int(left)) for top, left in corners]


def in_turns(ways: dict[str, Callable[[range], list[float]]], images: int) -> dict[str, tuple[float, Scores]]:
    """Seconds and scores of each way over all images."""
    seconds = dict.fromkeys(ways, 0.0)
    scores: dict[str, list[float]] = {name: [] for name in ways}
    edges = [round(images * part / PARTS) for part in range(PARTS + 1)]
    for way in ways.values():
        way(range(1))  # the first pass allocates
    for first, last in itertools.pairwise(edges):
        for name, way in ways.items():
            start = time.perf_counter()
            scores[name] += way(range(first, last))
            seconds[name] += time.perf_counter() - start
    return {name: (seconds[name], np.array(scores[name])) for name in ways}


def small_network() -> None:
    is_pretrained = packaged_file("tf_efficientnet_lite0") is not None
    weights = "pretrained" if is_pretrained else "none"
    with tempfile.TemporaryDirectory() as folder:
        means = Means(f"{SMALL} {LITE0} --weights {weights} --epochs {TRAINED_EPOCHS}", Path(folder))
        dataset, store = decoded(means.config)
        for epoch in range(1, TRAINED_EPOCHS + 1):
            means.train_epoch(SplitImages(dataset, store, "train"), epoch)
        ways, test = Ways(means, dataset, store), dataset.split("test")
        fp32 = replace(means.placement, precision="fp32")
        tried = {"plain": ways.plainly, "fp32": ways.by_trainer(fp32)}
        if means.placement.precision != "fp32":
            tried["default"] = ways.by_trainer(means.placement)
        measured = in_turns(tried, len(test))
    mos = np.array([item.mos for item in test])
    plain_seconds, plain_scores = measured["plain"]
    plain_srcc = metrics.srcc(plain_scores, mos) or 0.0
    what = f"{len(test)} images of {dataset.name} × {means.config.test_crops} crops, EfficientNet-Lite0"
    speed = len(test) * means.config.test_crops / plain_seconds
    fp32_seconds, _ = measured["fp32"]
    report(
        "evaluation_batches_ratio",
        plain_seconds / fp32_seconds,
        "×",
        f"crops by torchvision one by one in fp32, {speed:.1f} crops/s ({what}, {means.placement.name})",
        at_least=1.3,
    )
    if "default" in measured:
        report(
            f"evaluation_{means.placement.precision}_ratio",
            fp32_seconds / measured["default"][0],
            "×",
            f"the same batches in fp32 ({what}, {means.placement.name})",
            at_least=1.2,
        )
    for name in ("fp32", "default"):
        if name not in measured:
            continue
        _, scores = measured[name]
        report(
            f"evaluation_{name}_srcc_difference",
            abs((metrics.srcc(scores, mos) or 0.0) - plain_srcc),
            "SRCC",
            f"the plain way, SRCC {plain_srcc:.4f}",
            at_most=0.002,
        )


def large_network() -> None:
    with tempfile.TemporaryDirectory() as folder:
        means = Means(LARGE, Path(folder))
        dataset, store = decoded(means.config)
        ways = Ways(means, dataset, store)
        fp32 = replace(means.placement, precision="fp32")
        tried = {"plain": ways.plainly, "fp32": ways.by_trainer(fp32), "default": ways.by_trainer(means.placement)}
        measured = in_turns(tried, len(dataset.split("test")))
    plain_seconds, fp32_seconds, seconds = (measured[name][0] for name in ("plain", "fp32", "default"))
    crops = len(dataset.split("test")) * means.config.test_crops
    place = f"{means.placement.name}{'' if cpu_has_bf16() else ', no bf16 in hardware'}"
    report(
        "evaluation_swin_base_batches_ratio",
        plain_seconds / fp32_seconds,
        "×",
        f"crops one by one in fp32, {crops / plain_seconds:.1f} crops/s ({crops} crops, {place})",
    )
    report(
        f"evaluation_swin_base_{means.placement.precision}_ratio",
        fp32_seconds / seconds,
        "×",
        f"the same batches in fp32, {crops / fp32_seconds:.1f} crops/s ({place})",
    )


def main() -> None:
    small_network()
    large_network()
