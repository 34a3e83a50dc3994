"""Scoring a test split, one gain a figure: crops sliced from the store against crops by torchvision, both one by one;
batches against one by one, both by the trainer; bf16 against fp32 in the same batches. And the whole against pyiqa's way.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from tests.benchmarks.figure import report
from tests.benchmarks.means import LITE0, PHOTOGRAPHS, Means, decoded
from tests.benchmarks.plain import Corners, References, read_all
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
        self._references = References(means.network, means.network.normalisation, side)
        self._pictures = read_all(dataset, "test", side)

    def plainly(self, numbers: range) -> list[float]:
        return self._by(self._references.score_plainly, numbers)

    def as_pyiqa(self, numbers: range) -> list[float]:
        return self._by(self._references.score_as_pyiqa, numbers)

    def _by(self, score: Callable[[Image.Image, Corners], float], numbers: range) -> list[float]:
        self._means.network.eval()
        return [score(self._pictures[number], self._corners(number)) for number in numbers]

    def by_trainer(self, placement: Placement, batch_size: int | None = None) -> Callable[[range], list[float]]:
        """Args:
        placement: device and precision.
        batch_size: crops at once; None: as a run takes them.
        """
        items = [number for number, item in enumerate(self._dataset.items) if item.split == "test"]

        def score(numbers: range) -> list[float]:
            chosen = [items[number] for number in numbers]
            part = replace(self._dataset, items=tuple(self._dataset.items[number] for number in chosen))
            store = ImageStore([self._store.places[number] for number in chosen])
            images = SplitImages(part, store, "test")
            scores, _ = score_crops(self._means.network, images, self._means.config, placement, batch_size=batch_size)
            return [float(score) for score in scores]

        return score

    def _corners(self, number: int) -> Corners:
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


def all_ways(ways: Ways, means: Means) -> dict[str, Callable[[range], list[float]]]:
    """By name; `default` is the precision that a run takes by itself, if that is not fp32."""
    fp32 = replace(means.placement, precision="fp32")
    tried = {
        "plain": ways.plainly,
        "one_by_one": ways.by_trainer(fp32, 1),
        "fp32": ways.by_trainer(fp32),
        "pyiqa": ways.as_pyiqa,
    }
    return tried if means.placement.precision == "fp32" else {**tried, "default": ways.by_trainer(means.placement)}


def report_gains(name: str, seconds: dict[str, float], crops: int, what: str, precision: str) -> None:
    """Args:
    name: of the network, before each figure's.
    seconds: of each way.
    crops: that each way scored.
    what: was scored, and on which device.
    precision: of the way `default`.
    """

    def speed(way: str) -> str:
        return f"{crops / seconds[way]:.1f} crops/s ({what})"

    gains = (
        ("crops", "plain", "one_by_one", "crops by torchvision, both one by one in fp32"),
        ("batches", "one_by_one", "fp32", "one by one, both by the trainer in fp32"),
        ("pyiqa", "pyiqa", "fp32", "the whole image to a tensor once and its crops as one batch, both in fp32"),
        (precision, "fp32", "default", "the same batches in fp32"),
    )
    for gain, before, after, against in gains:
        if after in seconds:
            report(f"{name}_{gain}_ratio", seconds[before] / seconds[after], "×", f"{against}, {speed(before)}")


def small_network() -> None:
    is_pretrained = packaged_file("tf_efficientnet_lite0") is not None
    weights = "pretrained" if is_pretrained else "none"
    with tempfile.TemporaryDirectory() as folder:
        means = Means(f"{SMALL} {LITE0} --weights {weights} --epochs {TRAINED_EPOCHS}", Path(folder))
        dataset, store = decoded(means.config)
        for epoch in range(1, TRAINED_EPOCHS + 1):
            means.train_epoch(SplitImages(dataset, store, "train"), epoch)
        ways, test = Ways(means, dataset, store), dataset.split("test")
        measured = in_turns(all_ways(ways, means), len(test))
    mos = np.array([item.mos for item in test])
    what = f"{len(test)} images of {dataset.name} × {means.config.test_crops} crops, EfficientNet-Lite0, {means.placement.name}"
    seconds = {way: taken for way, (taken, _) in measured.items()}
    report_gains("evaluation", seconds, len(test) * means.config.test_crops, what, means.placement.precision)
    plain_srcc = metrics.srcc(measured["plain"][1], mos) or 0.0
    for way in ("fp32", "pyiqa", "default"):
        if way in measured:
            report(
                f"evaluation_{way}_srcc_difference",
                abs((metrics.srcc(measured[way][1], mos) or 0.0) - plain_srcc),
                "SRCC",
                f"the plain way, SRCC {plain_srcc:.4f}",
                at_most=0.002,
            )


def large_network() -> None:
    with tempfile.TemporaryDirectory() as folder:
        means = Means(LARGE, Path(folder))
        dataset, store = decoded(means.config)
        ways = Ways(means, dataset, store)
        measured = in_turns(all_ways(ways, means), len(dataset.split("test")))
    crops = len(dataset.split("test")) * means.config.test_crops
    place = f"{means.placement.name}{'' if cpu_has_bf16() else ', no bf16 in hardware'}"
    seconds = {way: taken for way, (taken, _) in measured.items()}
    report_gains(
        "evaluation_swin_base", seconds, crops, f"{crops} crops, Swin-Base, {place}", means.placement.precision
    )


def main() -> None:
    small_network()
    large_network()
