"""From uint8 images to what the network sees: where to crop (numpy, drawn from named streams), and flip, jitter and
normalisation (torch, on the device).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.seed import stream

Integers = npt.NDArray[np.int64]
JITTER = 0.1
"""Brightness, contrast and saturation are each multiplied by 1 ± this."""
LUMA = (0.299, 0.587, 0.114)


@dataclass(frozen=True, slots=True)
class CropPlan:
    """Every crop of one epoch of training. Depends on seed and epoch alone."""

    order: Integers
    """(n,) sample numbers in the order of training; sample s shows image s // train_patch_num."""
    places: npt.NDArray[np.float64]
    """(n, 2) where the crop lies, 0 top or left to 1 bottom or right, by sample number."""
    flips: npt.NDArray[np.bool_]
    """(n,) mirrored left to right, by sample number."""
    jitters: npt.NDArray[np.float32]
    """(n, 3) factors of brightness, contrast, saturation, by sample number."""


def plan_crops(images: int, crops_per_image: int, *, seed: int, epoch: int, dataset: str = "") -> CropPlan:
    """Draw one epoch at once, so that any step can be rebuilt without the earlier ones.

    `dataset`: one of several that a run trains on, so that each draws its own numbers; empty: there is one.
    """
    draw = stream(seed, "train", epoch, *([dataset] if dataset else []))
    count = images * crops_per_image
    return CropPlan(
        order=draw.permutation(count),
        places=draw.random((count, 2)),
        flips=draw.random(count) < 0.5,
        jitters=draw.uniform(1 - JITTER, 1 + JITTER, (count, 3)).astype(np.float32),
    )


def crop_corner(place: npt.NDArray[np.float64], height: int, width: int, side: int) -> tuple[int, int]:
    """Top and left of the crop at `place` (two numbers in [0, 1)); every position is equally likely."""
    return int(place[0] * (height - side + 1)), int(place[1] * (width - side + 1))


def random_corners(count: int, height: int, width: int, side: int, *, seed: int, image: str) -> Integers:
    """(count, 2) tops and lefts of test crops. The same for every run with this seed, whatever its loss."""
    places = stream(seed, "test", image).random((count, 2))
    return np.array([crop_corner(place, height, width, side) for place in places], dtype=np.int64)


def grid_corners(count: int, height: int, width: int, side: int) -> Integers:
    """(count, 2) tops and lefts of `count` crops spread evenly: rows of about equal length, edges included.

    One crop lies in the centre. If `count` is no product of two suitable numbers, some rows have one crop more.
    """
    free_height, free_width = height - side, width - side
    rows = round(float(np.sqrt(count * (free_height + 1) / (free_width + 1))))
    rows = min(max(rows, 1), count)
    corners = []
    for row, top in enumerate(_spread(rows, free_height)):
        in_row = count // rows + (1 if row < count % rows else 0)
        corners += [(top, left) for left in _spread(in_row, free_width)]
    return np.array(corners, dtype=np.int64)


def _spread(count: int, free: int) -> list[int]:
    if count == 1:
        return [free // 2]
    return [round(free * number / (count - 1)) for number in range(count)]


@dataclass(frozen=True, slots=True)
class Normalisation:
    """The input that a backbone's weights were trained on: (value / 255 − mean) / std for red, green, blue."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


def to_network_input(
    crops: Tensor, normalisation: Normalisation, flips: Tensor | None = None, jitters: Tensor | None = None
) -> Tensor:
    """Turn crops into what the network takes, on whatever device they are.

    Args:
        crops: (B, H, W, 3) uint8.
        normalisation: of the backbone's weights.
        flips: (B,) bool; None: no flip.
        jitters: (B, 3) factors of brightness, contrast, saturation; None: no jitter.

    Returns:
        (B, 3, H, W) float32 in channels-last memory order.
    """
    pixels = _flipped(crops, flips).float()
    if jitters is not None:
        pixels = _jitter(pixels, jitters)
    batch, height, width, _ = pixels.shape
    # whole rows at a time, in place: along an axis of three a processor cannot use its vector units
    rows = pixels.reshape(batch, height, width * 3)
    rows.sub_(_row(normalisation.mean, width, pixels.device)).div_(_row(normalisation.std, width, pixels.device))
    return rows.view(batch, height, width, 3).permute(0, 3, 1, 2)


def _flipped(crops: Tensor, flips: Tensor | None) -> Tensor:
    """(B, H, W, 3), those of `flips` mirrored left to right; the argument stays as it is."""
    if flips is None:
        return crops
    if crops.is_cuda:  # selecting some would wait for the GPU to say how many
        return torch.where(flips[:, None, None, None], crops.flip(2), crops)
    mirrored = crops.clone()
    for number in flips.nonzero()[:, 0].tolist():  # gathering and scattering bytes costs four times as much
        mirrored[number] = _mirrored(crops[number])
    return mirrored


def _mirrored(crop: Tensor) -> Tensor:
    """(H, W, 3), left to right. As an image in channels-last order, since torch mirrors those with vector units."""
    return crop.permute(2, 0, 1)[None].flip(3)[0].permute(1, 2, 0)


@lru_cache(maxsize=8)
@torch.inference_mode(mode=False)
def _row(of_channels: tuple[float, ...], width: int, device: torch.device) -> Tensor:
    """(3 · width) numbers for a row of pixels from 0 to 255, made of numbers for values from 0 to 1.

    Kept: bringing them to a GPU at every step would wait for it.
    """
    return (torch.tensor(of_channels) * 255).repeat(width).to(device)


def _jitter(pixels: Tensor, factors: Tensor) -> Tensor:
    """Brightness, then contrast about the mean grey, then saturation about each pixel's grey; (B, H, W, 3)."""
    brightness, contrast, saturation = (factors[:, index, None, None, None] for index in range(3))
    luma = _luma(pixels.device)
    pixels = (pixels * brightness).clamp(0, 255)
    mean_grey = (pixels @ luma).mean(dim=(1, 2))[:, None, None, None]
    pixels = (mean_grey + (pixels - mean_grey) * contrast).clamp(0, 255)
    grey = (pixels @ luma).unsqueeze(-1)
    return (grey + (pixels - grey) * saturation).clamp(0, 255)


@lru_cache(maxsize=2)
@torch.inference_mode(mode=False)
def _luma(device: torch.device) -> Tensor:
    """(3,) parts of red, green and blue in grey."""
    return torch.tensor(LUMA, device=device)
