"""A data set made when it is opened: real photographs that scikit-image ships, distorted by known amounts.

The label says how little a picture was distorted. These are not human opinions, and all that shows them says so.
"""

from __future__ import annotations

import importlib.util
import io
import itertools
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from training.datasets.base import Dataset, Item
from training.datasets.pictures import Picture, read_picture
from training.errors import BadData
from training.seed import stream

PHOTOS = {
    "train": (
        "astronaut.png",
        "coffee.png",
        "rocket.jpg",
        "motorcycle_left.png",
        "hubble_deep_field.jpg",
        "retina.jpg",
        "grass.png",
        "page.png",
    ),
    "val": ("coins.png", "brick.png", "moon.png"),
    "test": ("chelsea.png", "ihc.png", "camera.png", "gravel.png"),
}
"""No photograph is in two splits."""
ROUNDS = {"train": 3, "val": 2, "test": 1}
"""How often every photograph is shown with every distortion at every level, each time cropped at another place."""
SIDE = 160
"""Pixels; crops of 128 fit with room to move."""
HIGHEST_LEVEL = 5
BLUR_RADII = (0.6, 1.0, 1.6, 2.4, 3.6)
JPEG_QUALITIES = (50, 28, 16, 9, 4)
NOISE_SDS = (6.0, 12.0, 20.0, 32.0, 50.0)
SHRINK_FACTORS = (1.5, 2.0, 3.0, 4.0, 6.0)
DISTORTIONS = ("blur", "jpeg", "noise", "shrink")


def open_demo() -> Dataset:
    """Photographs × places × distortions × levels, the same on every machine.

    Raises:
        BadData: scikit-image is not installed.
    """
    folder = _photo_folder()
    items = tuple(item for split in PHOTOS for item in _items(folder, split))
    return Dataset(
        "demo", items, mos_range=(0.0, float(HIGHEST_LEVEL)), decode=decode, has_official_split=True, demo=True
    )


def _photo_folder() -> Path:
    """Found without importing scikit-image: that takes a second."""
    found = importlib.util.find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        raise BadData("--dataset demo uses the photographs of scikit-image: pip install 'iqa-tui[demo]'")
    return Path(found.submodule_search_locations[0]) / "data"


def _items(folder: Path, split: str) -> Iterator[Item]:
    """In drawn order, so that the first images of a split are as mixed as all of them."""
    kinds = list(itertools.product(PHOTOS[split], DISTORTIONS, range(HIGHEST_LEVEL + 1))) * ROUNDS[split]
    for number, kind in enumerate(stream(0, "demo", split).permutation(len(kinds))):
        photo, distortion, level = kinds[kind]
        name = f"{split}{number:03d}_{Path(photo).stem}_{distortion}{level}.png"
        yield Item(
            name=name,
            path=folder / photo,
            mos=float(HIGHEST_LEVEL - level),
            mos_sd=None,
            split=split,
            group=photo,
            where="the demo data set (scikit-image's photographs)",
            recipe=(distortion, level, name),
        )


def decode(item: Item) -> Picture:
    return Picture(make_image(item))


def make_image(item: Item) -> Image.Image:
    """Cut a square out of the photograph and distort it as its recipe says."""
    distortion, level, name = item.recipe
    photo = _photo(item.path)
    draw = stream(0, "demo", name)
    left, top = (int(draw.integers(0, length - SIDE + 1)) for length in photo.size)
    square = photo.crop((left, top, left + SIDE, top + SIDE))
    return distort(square, distortion, level, draw) if level else square


@lru_cache(maxsize=32)
def _photo(path: Path) -> Image.Image:
    """At half size if it is large: then a crop has structure at the scale of the distortions."""
    photo = read_picture(path).rgb
    return photo.reduce(2) if min(photo.size) >= 2.4 * SIDE else photo


def distort(image: Image.Image, distortion: str, level: int, draw: np.random.Generator) -> Image.Image:
    """Distort by `level`, 1 (hardly) to 5 (badly)."""
    step = level - 1
    if distortion == "blur":
        return image.filter(ImageFilter.GaussianBlur(BLUR_RADII[step]))
    if distortion == "jpeg":
        return _through_jpeg(image, JPEG_QUALITIES[step])
    if distortion == "noise":
        noisy = np.asarray(image, dtype=np.float64) + draw.normal(0, NOISE_SDS[step], (image.height, image.width, 3))
        return Image.fromarray(noisy.clip(0, 255).round().astype(np.uint8))
    small = image.resize([round(side / SHRINK_FACTORS[step]) for side in image.size], Image.Resampling.BICUBIC)
    return small.resize(image.size, Image.Resampling.BICUBIC)


def _through_jpeg(image: Image.Image, quality: int) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")
