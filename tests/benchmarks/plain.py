"""What other programs do, against which the trainer is measured: each reference does the same work in the same precision,
and gives the network its crops in the same memory order, so that a figure has one gain.

The plain way: one PIL image an image, kept in memory after one resize; a crop is cut, mirrored and normalised by
torchvision, one at a time, without workers. The way of pyiqa: the whole image becomes a tensor once, and the crops of an
image are one batch.
"""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision import transforms

from training.datasets.base import Dataset
from training.images.decode import decode
from training.images.transforms import Normalisation

Corners = list[tuple[int, int]]


def read_all(dataset: Dataset, split: str, smallest_side: int) -> list[Image.Image]:
    return [Image.fromarray(decode(dataset, item, smallest_side).pixels) for item in dataset.split(split)]


class PlainCrops:
    """Training crops by torchvision."""

    def __init__(self, images: list[Image.Image], normalisation: Normalisation, side: int) -> None:
        self._images = images
        self._cut = transforms.RandomCrop(side)
        to_floats = [transforms.ToTensor(), transforms.Normalize(normalisation.mean, normalisation.std)]
        self._to_floats = transforms.Compose([transforms.RandomHorizontalFlip(), self._cut, *to_floats])

    def batches(self, crops: int, batch_size: int) -> list[Tensor]:
        """(B, 3, side, side) float32 each, some mirrored; `crops` in all."""
        return [torch.stack(list(map(self._to_floats, images))) for images in self._batches(crops, batch_size)]

    def byte_batches(self, crops: int, batch_size: int) -> list[Tensor]:
        """(B, side, side, 3) uint8 each, none mirrored, as the trainer mirrors on the device; `crops` in all."""
        return [
            torch.from_numpy(np.stack([np.asarray(self._cut(image)) for image in images]))
            for images in self._batches(crops, batch_size)
        ]

    def _batches(self, crops: int, batch_size: int) -> list[list[Image.Image]]:
        shown = [self._images[number % len(self._images)] for number in range(crops)]
        return [shown[start : start + batch_size] for start in range(0, crops, batch_size)]


class References:
    """One network, in fp32, as other programs score an image: the mean over its crops."""

    def __init__(self, network: torch.nn.Module, normalisation: Normalisation, side: int) -> None:
        self._network = network
        self._side = side
        self._transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize(normalisation.mean, normalisation.std)]
        )

    @torch.inference_mode()
    def score_plainly(self, image: Image.Image, corners: Corners) -> float:
        """Each crop by torchvision, and through the network alone."""
        scores = []
        for top, left in corners:
            crop = image.crop((left, top, left + self._side, top + self._side))
            scores.append(self._network(_as_the_trainer_lays_it(self._transform(crop).unsqueeze(0))).item())
        return sum(scores) / len(scores)

    @torch.inference_mode()
    def score_as_pyiqa(self, image: Image.Image, corners: Corners) -> float:
        """The whole image to a tensor, its crops as one batch."""
        whole = self._transform(image)
        crops = torch.stack([whole[:, top : top + self._side, left : left + self._side] for top, left in corners])
        return float(self._network(_as_the_trainer_lays_it(crops)).mean())


def _as_the_trainer_lays_it(crops: Tensor) -> Tensor:
    return crops.contiguous(memory_format=torch.channels_last)
