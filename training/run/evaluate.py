"""Network and images to scores, metrics and score files."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.calibration import Calibration
from training.config import TrainConfig
from training.device import Placement
from training.errors import GpuOutOfMemory, Stopped, is_gpu_out_of_memory
from training.images.batches import PREFETCHED, Part, SplitImages, crops_to_score, prefetched
from training.images.transforms import to_network_input
from training.metrics import all_metrics, rmse, without_scale
from training.network.backbone import MAPS
from training.network.quality import QualityNetwork
from training.run.setup import Setup
from training.run.team import collected
from training.runfolder.write import write_atomic

Scores = npt.NDArray[np.float64]
CPU_BATCH, CPU_CROP, MOST_CPU_BATCH = 4, 224, 16
"""Crops at once on a CPU, of this side in pixels; of smaller ones more. Small batches are fastest there: what one layer
wrote is still in its cache for the next.
"""
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
    groups: list[str] | None = None
    """Of each image, for example its reference image; None if every image of the data set is a group by itself."""

    @property
    def mean_attention(self) -> list[float] | None:
        """Of each scale over the split, fine to coarse; None without attention."""
        return None if self.attention is None else [float(weight) for weight in self.attention.mean(axis=0)]


@dataclass(frozen=True, slots=True)
class Observer:
    """Whom to call while images are scored."""

    on_progress: Callable[[int, int], None] = lambda _done, _total: None
    """Crops done, of how many."""
    should_stop: Callable[[], bool] = lambda: False
    on_smaller_batches: Callable[[int], None] = lambda _crops: None
    """How many crops go through the network at once, if a GPU has no room for as many as it should."""


def evaluate(setup: Setup, images: SplitImages, name: str) -> Evaluation:
    """Score every image as the mean over its test crops. Leaves the network in eval mode.

    Args:
        setup: whose network scores.
        images: of any data set.
        name: of the split, or of another data set.

    Raises:
        Stopped: asked to.
    """
    sizes: list[int] = []
    observer = Observer(
        on_progress=lambda done, total: setup.recorder.progress(f"scoring {name}, crops", done, total),
        should_stop=setup.attempt.should_stop,
        on_smaller_batches=sizes.append,
    )
    scores, attention = _scored(setup, images, observer)
    pred = np.array([images.dataset.from_training(score) for score in scores], dtype=np.float64)
    metrics, notes = all_metrics(pred, images.mos)
    if not setup.fixes_scale:
        metrics = without_scale(metrics, notes)  # until a calibration brings them to the scale of opinions
    if sizes:
        notes = [*notes, f"the GPU was out of memory, so {sizes[-1]} crops at a time were scored"]
    notes = [f"{name}: {note}" for note in notes]
    return Evaluation(name, images.names, images.mos, pred, attention, metrics, notes, images.groups)


def _scored(setup: Setup, images: SplitImages, observer: Observer) -> tuple[Scores, Scores | None]:
    """By all processes of the run, if they have these images."""
    team = setup.team
    places = (
        (split, number) for split, sets in setup.images.items() for number, each in enumerate(sets) if each is images
    )
    place = next(places, None)
    if team is None or place is None:
        return score_crops(setup.network, images, setup.config, setup.placement, observer)
    try:
        team.begin_scoring(setup.network, *place)
        return score_together(setup.network, images, setup.config, setup.placement, team.part, observer)
    except RuntimeError as caught:
        error = team.cause_of(caught)
        raise error from error.__cause__


def score_together(
    network: QualityNetwork,
    images: SplitImages,
    config: TrainConfig,
    placement: Placement,
    part: Part,
    observer: Observer = Observer(),
) -> tuple[Scores, Scores | None]:
    """As `score_crops`: each process scores some images, and all get all scores. To be called by all of them."""
    rows = part.rows(len(images))
    own = images.of_numbers(rows)
    scored = score_crops(network, own, config, placement, observer) if len(own) else None
    columns = 1 + (MAPS if config.attention_fusion else 0)
    return collected(scored, rows, (len(images), columns), placement.device)


@torch.inference_mode()
def score_crops(
    network: QualityNetwork,
    images: SplitImages,
    config: TrainConfig,
    placement: Placement,
    observer: Observer = Observer(),
    *,
    batch_size: int | None = None,
) -> tuple[Scores, Scores | None]:
    """(N,) mean scores on the scale of training, and (N, 4) mean attention. Leaves the network in eval mode.

    Args:
        network: on the device of `placement`.
        images: of any data set.
        config: how their crops are taken.
        placement: of the network.
        observer: told of the progress.
        batch_size: crops that go through the network at once; None: what suits the device.

    Raises:
        Stopped: asked to.
        GpuOutOfMemory: not even a single crop fits.
    """
    network.eval()
    if batch_size is None:
        batch_size = crops_at_once(config, placement)
    owners: list[Tensor] = []
    scores: list[Tensor] = []  # these two stay on the device until all is done: fetching waits for it
    attention: list[Tensor] = []
    done = 0
    forward = Forward(network, placement, observer.on_smaller_batches)
    with placement.autocast(training=False):  # around all batches: weights are turned into bf16 once, not per batch
        for numbers, crops in _batches(images, config, placement, batch_size):
            if observer.should_stop():
                raise Stopped("stopped during evaluation")
            some_scores, some_weights = forward(crops)
            scores.append(some_scores)
            if some_weights is not None:
                attention.append(some_weights)
            owners.append(numbers)
            done += len(numbers)
            observer.on_progress(done, len(images) * config.test_crops)
    means = [
        _sum_by_image(of_crops, owners, len(images)) / config.test_crops for of_crops in (scores, attention) if of_crops
    ]
    return means[0], means[1] if attention else None


def crops_at_once(config: TrainConfig, placement: Placement) -> int:
    """Crops that go through the network at once on this device, if the user does not say."""
    if placement.is_cuda:
        return max(config.batch_size, SMALLEST_GPU_BATCH)
    alike = CPU_BATCH * (CPU_CROP / config.patch_size) ** 2
    return 1 << int(math.log2(min(max(alike, 1), MOST_CPU_BATCH)))


def _sum_by_image(of_crops: list[Tensor], owners: list[Tensor], images: int) -> Scores:
    values = torch.cat(of_crops).double().cpu().numpy()
    total = np.zeros((images, *values.shape[1:]))
    np.add.at(total, torch.cat(owners).numpy(), values)
    return total


def _batches(
    images: SplitImages, config: TrainConfig, placement: Placement, batch_size: int
) -> Iterator[tuple[Tensor, Tensor]]:
    batches = crops_to_score(images, config, batch_size)
    if not placement.is_cuda:
        return batches
    return prefetched(((numbers, crops.pin_memory()) for numbers, crops in batches), PREFETCHED)


class Forward:
    """Crops through the network; in smaller batches once a GPU has had no room for one.

    Only scoring does so: an image's score does not depend on the batch it is in, a training step does.
    """

    def __init__(self, network: QualityNetwork, placement: Placement, on_smaller: Callable[[int], None]) -> None:
        self._network = network
        self._placement = placement
        self._on_smaller = on_smaller
        self._largest: int | None = None

    def __call__(self, crops: Tensor) -> tuple[Tensor, Tensor | None]:
        """(B, H, W, 3) uint8 on the CPU to (B,) scores and (B, 4) attention.

        Raises:
            GpuOutOfMemory: one crop is too many.
        """
        while True:
            size = min(self._largest or len(crops), len(crops))
            try:
                return self._in_batches_of(size, crops)
            except RuntimeError as error:
                if not is_gpu_out_of_memory(error):
                    raise
                if size == 1:
                    raise GpuOutOfMemory(
                        "CUDA out of memory while scoring a single crop: another process uses the GPU, see "
                        "`nvidia-smi`; --resume goes on once it has room"
                    ) from error
            torch.cuda.empty_cache()  # here the failed tensors are free: the exception no longer holds them
            self._largest = (size + 1) // 2
            self._on_smaller(self._largest)

    def _in_batches_of(self, size: int, crops: Tensor) -> tuple[Tensor, Tensor | None]:
        scores: list[Tensor] = []
        attention: list[Tensor] = []
        for start in range(0, len(crops), size):
            part = crops[start : start + size]
            there = part.to(self._placement.device, non_blocking=True)
            outputs = self._network(to_network_input(there, self._network.normalisation))
            scores.append(self._network.readout(outputs).score)
            if self._network.attention_weights is not None:
                attention.append(self._network.attention_weights)
        return torch.cat(scores), torch.cat(attention) if attention else None


def calibrated(evaluation: Evaluation, calibration: Calibration | None) -> Evaluation:
    """The evaluation with the RMSE of its calibrated predictions; the scores stay as the network gave them."""
    if calibration is None:
        return evaluation
    error = rmse(calibration(evaluation.pred), evaluation.mos)
    return replace(evaluation, metrics={**evaluation.metrics, "rmse": error})


def write_scores(path: Path, evaluation: Evaluation) -> None:
    """One line an image, full precision: every metric can be computed again from it.

    The column `group` is there if images share groups: such images are not independent of each other, so what measures
    the noise of a score draws whole groups.
    """
    rows: list[tuple[str, ...]] = [
        (name, repr(float(mos)), repr(float(pred)))
        for name, mos, pred in zip(evaluation.names, evaluation.mos, evaluation.pred, strict=True)
    ]
    header: tuple[str, ...] = ("image", "mos", "pred")
    if evaluation.groups is not None:
        header = (*header, "group")
        rows = [(*row, group) for row, group in zip(rows, evaluation.groups, strict=True)]
    _write_csv(path, header, rows)
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
