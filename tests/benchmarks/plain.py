"""The plain way, against which the trainer is measured: one PIL image an image, kept in memory after one resize; a crop
is cut, mirrored and normalised by torchvision, one at a time, without workers.
"""

from __future__ import annotations

import torch
from PIL import Image
from torch import Tensor
from torchvision import transforms

from training.datasets.base import Dataset
from training.images.decode import decode
from training.images.transforms import Normalisation


def read_all(dataset: Dataset, split: str, smallest_side: int) -> list[Image.Image]:
    return [Image.fromarray(decode(dataset, item, smallest_side).pixels) for item in dataset.split(split)]


class PlainCrops:
    """Training crops by torchvision."""

    def __init__(self, images: list[Image.Image], normalisation: Normalisation, side: int) -> None:
        self._images = images
        cut = [transforms.RandomHorizontalFlip(), transforms.RandomCrop(side)]
        to_floats = [transforms.ToTensor(), transforms.Normalize(normalisation.mean, normalisation.std)]
        self._to_floats = transforms.Compose([*cut, *to_floats])
        self._to_bytes = transforms.Compose([*cut, transforms.PILToTensor()])

    def batches(self, crops: int, batch_size: int) -> list[Tensor]:
        """(B, 3, side, side) float32 each; `crops` in all."""
        return self._batches(self._to_floats, crops, batch_size)

    def byte_batches(self, crops: int, batch_size: int) -> list[Tensor]:
        """(B, 3, side, side) uint8 each; `crops` in all."""
        return self._batches(self._to_bytes, crops, batch_size)

    def _batches(self, transform: transforms.Compose, crops: int, batch_size: int) -> list[Tensor]:
        numbers = [number % len(self._images) for number in range(crops)]
        return [
            torch.stack([transform(self._images[number]) for number in numbers[start : start + batch_size]])
            for start in range(0, crops, batch_size)
        ]


class PlainScores:
    """Test crops by torchvision, through the network one by one in fp32."""

    def __init__(self, network: torch.nn.Module, normalisation: Normalisation, side: int) -> None:
        self._network = network
        self._side = side
        self._transform = transforms.Compose(
            [transforms.ToTensor(), transforms.Normalize(normalisation.mean, normalisation.std)]
        )

    @torch.inference_mode()
    def score(self, image: Image.Image, corners: list[tuple[int, int]]) -> float:
        """The mean over the crops with these tops and lefts."""
        scores = []
        for top, left in corners:
            crop = image.crop((left, top, left + self._side, top + self._side))
            scores.append(self._network(self._transform(crop).unsqueeze(0)).item())
        return sum(scores) / len(scores)
