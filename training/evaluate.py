"""Network and images to scores, metrics and score files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from training.config import TrainConfig
from training.datasets.base import Dataset
from training.datasets.batches import SplitImages, crops_to_score
from training.device import Placement
from training.errors import Stopped
from training.metrics import all_metrics
from training.network.quality import QualityNetwork
from training.runfolder.write import write_atomic
from training.transforms import to_network_input

Scores = npt.NDArray[np.float64]
CPU_BATCH = 4
"""Small batches are fastest on a CPU: what one layer wrote is still in its cache for the next."""
SMALLEST_GPU_BATCH = 64


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One split, scored."""

    split: str
    names: list[str]
    mos: Scores
    """(N,) on the data set's scale."""
    pred: Scores
    """(N,) on the data set's scale; as far as the loss fixes one."""
    attention: Scores | None
    """(N, 4) mean weights of the scales, fine to coarse; None without attention."""
    metrics: dict[str, float | None]
    notes: list[str]

    @property
    def mean_attention(self) -> list[float] | None:
        """Of each scale over the split, fine to coarse; None without attention."""
        return None if self.attention is None else [float(weight) for weight in self.attention.mean(axis=0)]


def evaluate(
    network: QualityNetwork,
    dataset: Dataset,
    images: SplitImages,
    split: str,
    config: TrainConfig,
    placement: Placement,
    *,
    on_progress: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> Evaluation:
    """Score every image as the mean over its test crops. Leaves the network in eval mode.

    Raises:
        Stopped: asked to.
    """
    scores, attention = score_crops(network, images, config, placement, on_progress, should_stop)
    pred = np.array([dataset.from_training(score) for score in scores], dtype=np.float64)
    metrics, notes = all_metrics(pred, images.mos)
    return Evaluation(split, images.names, images.mos, pred, attention, metrics, [f"{split}: {note}" for note in notes])


@torch.inference_mode()
def score_crops(
    network: QualityNetwork,
    images: SplitImages,
    config: TrainConfig,
    placement: Placement,
    on_progress: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> tuple[Scores, Scores | None]:
    """(N,) mean scores on the scale of training, and (N, 4) mean attention. Leaves the network in eval mode.

    Raises:
        Stopped: asked to.
    """
    network.eval()
    batch_size = max(config.batch_size, SMALLEST_GPU_BATCH) if placement.is_cuda else CPU_BATCH
    total = np.zeros(len(images))
    attention = np.zeros((len(images), len(network.backbone.channels))) if network.fusion.attention else None
    done = 0
    with placement.autocast(training=False):  # around all batches: weights are turned into bf16 once, not per batch
        for numbers, crops in crops_to_score(images, config, batch_size):
            if should_stop():
                raise Stopped("stopped during evaluation")
            scores = network(to_network_input(crops.to(placement.device), network.normalisation))
            np.add.at(total, numbers, scores.double().cpu().numpy())
            if attention is not None and network.attention_weights is not None:
                np.add.at(attention, numbers, network.attention_weights.double().cpu().numpy())
            done += len(numbers)
            on_progress(done, len(images) * config.test_crops)
    if attention is not None:
        attention /= config.test_crops
    return total / config.test_crops, attention


def write_scores(path: Path, evaluation: Evaluation) -> None:
    """One line an image, full precision: every metric can be computed again from it."""
    rows = [
        (name, repr(float(mos)), repr(float(pred)))
        for name, mos, pred in zip(evaluation.names, evaluation.mos, evaluation.pred, strict=True)
    ]
    _write_csv(path, ("image", "mos", "pred"), rows)
    if evaluation.attention is not None:
        header = ("image", *(f"scale_{number}" for number in range(1, evaluation.attention.shape[1] + 1)))
        weights = [
            (name, *(f"{weight:.6f}" for weight in row))
            for name, row in zip(evaluation.names, evaluation.attention, strict=True)
        ]
        _write_csv(path.with_name(f"{path.stem}_attention.csv"), header, weights)


def _write_csv(path: Path, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_atomic(path, text.getvalue().encode())
