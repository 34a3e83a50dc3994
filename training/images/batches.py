"""Crops cut out of the image store into batches. Flip, jitter and normalisation are left to the device."""

from __future__ import annotations

import copy
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from training.config import TrainConfig
from training.datasets.base import Dataset
from training.images.store import ImageStore, Pixels
from training.images.transforms import CropPlan, Integers, crop_corner, grid_corners, random_corners

T = TypeVar("T")
PREFETCHED = 4
"""Batches made ahead for a GPU."""


@dataclass(frozen=True, slots=True)
class TrainBatch:
    """One batch on the CPU. Of several processes each has the labels of all its crops, and some of the crops."""

    crops: Tensor
    """(b, side, side, 3) uint8: b is B, unless several processes share the batch out."""
    mos: Tensor
    """(B,) float32 on the scale of training."""
    mos_sd: Tensor | None
    """(B,) float32 on the scale of `mos`; None if an image's is not known."""
    flips: Tensor
    """(b,) bool."""
    jitters: Tensor
    """(b, 3) float32."""
    histogram: Tensor | None = None
    """(B, K) float32, shares of the answers, the worst one first; None if an image's is not known."""

    def pinned(self) -> TrainBatch:
        """A copy in pinned memory, from which a GPU copies while both go on working."""
        return TrainBatch(
            crops=self.crops.pin_memory(),
            mos=self.mos.pin_memory(),
            mos_sd=None if self.mos_sd is None else self.mos_sd.pin_memory(),
            flips=self.flips.pin_memory(),
            jitters=self.jitters.pin_memory(),
            histogram=None if self.histogram is None else self.histogram.pin_memory(),
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One of several processes that share out the same work, in the order of their ranks."""

    rank: int
    """From 0."""
    of: int
    """How many processes there are."""

    def rows(self, count: int) -> slice:
        """Those of a batch of `count` that are this process's; the first ranks have one more if they must."""
        each, left = divmod(count, self.of)
        start = self.rank * each + min(self.rank, left)
        return slice(start, start + each + (self.rank < left))

    def rows_to_make(self, count: int) -> slice:
        """The same; the batch's last row if there are none, so that every process goes through the same steps."""
        rows = self.rows(count)
        return rows if rows.start < rows.stop else slice(count - 1, count)


ALONE = Part(0, 1)
"""The one process of a run that shares nothing out."""


class SplitImages:
    """The images of one split, with their labels as arrays."""

    def __init__(self, dataset: Dataset, store: ImageStore, split: str) -> None:
        self.dataset = dataset
        self._store = store
        self._numbers = [number for number, item in enumerate(dataset.items) if item.split == split]
        items = [dataset.items[number] for number in self._numbers]
        self.names = [item.name for item in items]
        self.groups = [item.group for item in items] if dataset.shares_groups else None
        """Of each image; None if every image of the data set is a group by itself."""
        self.mos = np.array([item.mos for item in items], dtype=np.float64)
        """(N,) on the data set's own scale."""
        self.training_mos = np.array([dataset.to_training(item.mos) for item in items], dtype=np.float32)
        sds = [item.mos_sd for item in items]
        known = [dataset.sd_to_training(sd) for sd in sds if sd is not None]
        self.training_mos_sd = np.array(known, dtype=np.float32) if len(known) == len(sds) else None
        shares = [item.histogram for item in items if item.histogram is not None]
        self.histograms = np.array(shares, dtype=np.float32) if shares and len(shares) == len(items) else None
        """(N, K) shares of the answers; None if an image's is not known."""

    def __len__(self) -> int:
        return len(self._numbers)

    def pixels(self, number: int) -> Pixels:
        """(H, W, 3) view of the split's image `number`."""
        return self._store[self._numbers[number]]

    def of_numbers(self, numbers: slice) -> SplitImages:
        """Some images of this split, to be scored; labels that only training uses stay those of all."""
        some = copy.copy(self)
        some._numbers = self._numbers[numbers]  # noqa: SLF001 - our own class
        some.names, some.mos = self.names[numbers], self.mos[numbers]
        return some


def train_batches(
    images: SplitImages, plan: CropPlan, config: TrainConfig, first_batch: int = 0, part: Part = ALONE
) -> Iterator[TrainBatch]:
    """The batches of one epoch from `first_batch` (counted from 0); the last one may be smaller.

    Labels are those of the whole batch; crops, flips and jitters only those that this process makes.
    """
    for start in range(first_batch * config.batch_size, len(plan.order), config.batch_size):
        yield _train_batch(images, plan, plan.order[start : start + config.batch_size], config, part)


def _train_batch(images: SplitImages, plan: CropPlan, whole: Integers, config: TrainConfig, part: Part) -> TrainBatch:
    side = config.patch_size
    numbers = whole // config.train_patch_num
    samples = whole[part.rows_to_make(len(whole))]
    crops = np.empty((len(samples), side, side, 3), dtype=np.uint8)
    for row, sample in enumerate(samples):
        number = sample // config.train_patch_num
        pixels = images.pixels(number)
        top, left = crop_corner(plan.places[sample], pixels.shape[0], pixels.shape[1], side)
        crops[row] = pixels[top : top + side, left : left + side]
    sds = images.training_mos_sd
    return TrainBatch(
        crops=torch.from_numpy(crops),
        mos=torch.from_numpy(images.training_mos[numbers]),
        mos_sd=None if sds is None else torch.from_numpy(sds[numbers]),
        flips=torch.from_numpy(plan.flips[samples]),
        jitters=torch.from_numpy(plan.jitters[samples]),
        histogram=None if images.histograms is None else torch.from_numpy(images.histograms[numbers]),
    )


def crops_to_score(images: SplitImages, config: TrainConfig, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Every image's test crops in batches that may hold crops of several images.

    Yields:
        (B,) int64 the image of each crop, and (B, side, side, 3) uint8.
    """
    side = config.patch_size
    numbers: list[int] = []
    crops: list[Pixels] = []
    for number in range(len(images)):
        pixels = images.pixels(number)
        for top, left in _test_corners(pixels, images.names[number], config):
            numbers.append(number)
            crops.append(pixels[top : top + side, left : left + side])
            if len(crops) == batch_size:
                yield _stacked(numbers, crops)
                numbers, crops = [], []
    if crops:
        yield _stacked(numbers, crops)


def _test_corners(pixels: Pixels, name: str, config: TrainConfig) -> Integers:
    height, width, side = pixels.shape[0], pixels.shape[1], config.patch_size
    if config.test_random_crop:
        return random_corners(config.test_crops, height, width, side, seed=config.seed, image=name)
    return grid_corners(config.test_crops, height, width, side)


def _stacked(numbers: Sequence[int], crops: Sequence[Pixels]) -> tuple[Tensor, Tensor]:
    return torch.tensor(numbers), torch.from_numpy(np.stack(crops))


def prefetched(batches: Iterator[T], depth: int) -> Iterator[T]:
    """The same batches, made in a thread up to `depth` ahead, so that a GPU does not wait for them."""
    ready: queue.Queue[T | BaseException | None] = queue.Queue(depth)
    closed = threading.Event()

    def put(value: T | BaseException | None) -> bool:
        while not closed.is_set():
            try:
                ready.put(value, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def fill() -> None:
        try:
            for batch in batches:
                if not put(batch):
                    return
            put(None)
        except BaseException as error:  # noqa: BLE001 - handed on to the reader, who raises it
            put(error)

    threading.Thread(target=fill, name="batches", daemon=True).start()
    try:
        while (batch := ready.get()) is not None:
            if isinstance(batch, BaseException):
                raise batch
            yield batch
    finally:
        closed.set()
