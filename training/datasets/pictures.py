"""From an image file to upright RGB pixels of 8 bits. Training, tests on other data sets and `predict` all read so.

Values whose black and white are not known are refused: a guess would score another picture than the file shows.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

UNREADABLE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
"""What Pillow raises for a file that is damaged, no image, or too large to be trusted."""
BACKGROUND = 255
"""White, in every channel. Web pages and viewers show a transparent picture on white, so people rated it on white; the
colours that its file hides below were never seen."""
WITH_ALPHA = ("LA", "PA", "RGBA", "RGBa")
DEEP_GREY = ("I;16", "I;16L", "I;16B", "I;16N")
DEEP_GREY_FORMATS = ("PNG", "PPM")
"""Formats whose only integers of 32 bits are 16-bit grey: older Pillow opens PNG so, every Pillow opens PGM so."""
ORIENTATION, BITS, MEANING_OF_ZERO = 0x0112, 258, 262
"""Tags of EXIF and TIFF."""
WHITE_IS_ZERO = 0
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to what makes the picture upright."""
NO_RANGE = {
    "I": "its pixels are integers of 32 bits",
    "F": "its pixels are floating-point numbers",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as people see it."""

    rgb: Image.Image
    """Mode RGB, upright."""
    was_transparent: bool = False
    """Some pixels were not opaque; they now show the background."""


def read_picture(path: Path) -> Picture:
    """Decode an image file, the first picture of several.

    Raises:
        UNREADABLE: no such file, damaged, no image, or pixels of an unknown range; the text says which.
    """
    with path.open("rb") as file:  # given a path, Pillow 13 maps an uncompressed TIFF that lies on its side wrongly
        try:
            image = Image.open(file)
        except UnidentifiedImageError:
            raise ValueError("it is no image of a known kind") from None
        image.load()
        return as_picture(image)


def as_picture(image: Image.Image) -> Picture:
    """Turn upright, scale to 8 bits, show what is transparent on the background.

    Raises:
        ValueError: black and white of such pixels are not known.
    """
    if image.mode in NO_RANGE and not _is_deep_grey(image):
        raise ValueError(
            f"{NO_RANGE[image.mode]}, mode {image.mode}, so what is black and what is white is not known; save it with "
            "8 or 16 bits"
        )
    if _is_deep_grey(image):
        turned = _scaled(image)
    elif image.mode in WITH_ALPHA or "transparency" in image.info:
        turned = image.convert("RGBA")
    else:
        turned = image.convert("RGB")
    if (turn := TURNS.get(_orientation(image))) is not None:
        turned = turned.transpose(turn)
    return _on_background(turned)


def _is_deep_grey(image: Image.Image) -> bool:
    return image.mode in DEEP_GREY or (image.mode == "I" and image.format in DEEP_GREY_FORMATS)


def _scaled(image: Image.Image) -> Image.Image:
    """16-bit grey as RGB of 8 bits, 65,535 being white; RGBA if one grey stands for transparent."""
    values = np.asarray(image)
    tags: Any = getattr(image, "tag_v2", {})
    white = 2 ** tags.get(BITS, (16,))[0] - 1  # TIFF has 12 bits too
    grey = np.rint(values * (255 / white)).astype(np.uint8)
    if tags.get(MEANING_OF_ZERO) == WHITE_IS_ZERO:  # Pillow turns these round with 8 bits only
        grey = 255 - grey
    hidden = image.info.get("transparency")
    channels = [grey, grey, grey]
    if isinstance(hidden, int):
        channels.append(_opacity(values, hidden))
    return Image.fromarray(np.stack(channels, axis=-1))


def _opacity(values: npt.NDArray[Any], hidden: int) -> npt.NDArray[np.uint8]:
    return np.where(values == hidden, 0, 255).astype(np.uint8)


def _orientation(image: Image.Image) -> int:
    """1, upright, if the file does not tell, or if its EXIF is damaged. TIFF is upright once it is loaded."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except UNREADABLE:
        return 1


def _on_background(image: Image.Image) -> Picture:
    if image.mode != "RGBA":
        return Picture(image)
    if image.getchannel("A").getextrema() == (255, 255):
        return Picture(image.convert("RGB"))
    background = Image.new("RGBA", image.size, (BACKGROUND,) * 4)
    return Picture(Image.alpha_composite(background, image).convert("RGB"), was_transparent=True)
