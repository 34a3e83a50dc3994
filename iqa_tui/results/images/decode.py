"""From an image file, which may be damaged or a trap, to few pixels. Only called in threads; needs Pillow."""

from __future__ import annotations

import os
import struct
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from PIL import Image, ImageOps, UnidentifiedImageError

from iqa_tui.results.images.places import NotShown
from iqa_tui.words.sizes import size_words
from training.runfolder.errors import RunFolderError
from training.runfolder.opening import open_regular
from training.runfolder.text import plain

FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF", "PPM")
"""What photographs are kept in. Pillow starts a program for some other formats."""
LARGEST_BYTES = 128 << 20
MOST_PIXELS = 50_000_000
"""A camera's photograph has up to 50 million. Decoded they take 200 MB for a moment; JPEG is decoded smaller."""
KEPT_SIDE = 640
"""Pixels of the longer side that are kept: no terminal shows more."""
DAMAGED = (
    OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError, MemoryError,
    struct.error, zlib.error,
)  # fmt: skip
"""What Pillow raises for damaged files."""
ORIENTATION = 0x0112
"""Tag of EXIF."""
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Orientation to what makes the picture upright."""
WHITE = (255, 255, 255, 255)
DEEP_WHITE = 65535.0
CELL_HEIGHT = 2
"""A terminal's cell is about twice as high as wide."""

MOST_KEPT = 8
KEPT: dict[tuple[Path, int, int, int], Decoded] = {}

warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # the size is checked below, in words


@dataclass(frozen=True, slots=True)
class Decoded:
    """An upright image, made small."""

    image: Image.Image
    """RGB."""
    words: str
    """`1024 × 768 JPEG, 220 KiB`: of the file."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """An image as a terminal shows it."""

    width: int
    height: int
    values: bytes
    """Red, green and blue of each pixel, line by line; one byte of lightness if `is_grey`."""
    is_grey: bool = False


def decode(path: Path, should_stop: Callable[[], bool] = bool) -> Decoded:
    """Read an image file.

    Args:
        path: without links.
        should_stop: asked before each long step; then `NotShown` is raised.

    Raises:
        NotShown: no file, no image, a damaged or a huge one; the text says which.
    """
    try:
        descriptor = open_regular(path)
    except (OSError, RunFolderError) as error:
        raise NotShown(plain(str(error), 400)) from None
    with os.fdopen(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        if size > LARGEST_BYTES:
            raise NotShown(f"{plain(str(path))}: {size_words(size)} are more than an image is opened with.")
        try:
            with Image.open(file, formats=FORMATS) as image:
                words = f"{image.width} × {image.height} {image.format}, {size_words(size)}"
                if image.width * image.height > MOST_PIXELS:
                    raise NotShown(
                        f"{plain(str(path))}: {image.width:,} × {image.height:,} pixels are too many to show."
                    )
                if should_stop():
                    raise NotShown("")
                image.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
                image.load()
                return Decoded(_small(image), words)
        except UnidentifiedImageError:
            raise NotShown(f"{plain(str(path))} is no image of a known kind.") from None
        except Image.DecompressionBombError:
            raise NotShown(f"{plain(str(path))}: it has too many pixels to show.") from None
        except DAMAGED as error:
            raise NotShown(f"{plain(str(path))} is damaged: {plain(str(error), 200)}") from None


def decode_kept(path: Path, should_stop: Callable[[], bool] = bool) -> Decoded:
    """As `decode`; the last ones are kept until their files change, for the same picture at another size.

    Raises:
        NotShown: as `decode`.
    """
    try:
        found = path.lstat()
    except OSError as error:
        raise NotShown(plain(str(error), 400)) from None
    key = (path, found.st_size, found.st_mtime_ns, found.st_ino)
    decoded = KEPT.pop(key, None) or decode(path, should_stop)
    KEPT[key] = decoded  # the last one used stands at the end
    while len(KEPT) > MOST_KEPT:
        KEPT.pop(next(iter(KEPT)), None)
    return decoded


def _small(image: Image.Image) -> Image.Image:
    """RGB, upright, transparent parts on white."""
    turn = TURNS.get(_orientation(image))
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = _eight_bits(image)
    elif image.mode in ("LA", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    else:
        image = image.convert("RGB")
    image.thumbnail((KEPT_SIDE, KEPT_SIDE))  # before it is copied
    if image.mode == "RGBA":
        image = Image.alpha_composite(Image.new("RGBA", image.size, WHITE), image)
    image = image.convert("RGB")
    return image if turn is None else image.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """1, upright, if the file does not tell, or if its EXIF is damaged."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except DAMAGED:
        return 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """Of deep grey: 0 to 65,535, or from its darkest to its brightest value if it goes beyond."""
    values = image.convert("F")
    low, high = cast(tuple[float, float], values.getextrema())
    if low >= 0 and high <= DEEP_WHITE and image.mode != "F":
        low, high = 0.0, DEEP_WHITE
    scale = 255 / ((high - low) or 1.0)
    return values.point(lambda value: value * scale - low * scale).convert("L")


def fitted(decoded: Decoded, columns: int, rows: int, *, is_grey: bool) -> Pixels:
    """As large as the place allows, with its shape kept.

    Args:
        columns, rows: cells of the place.
        is_grey: one pixel a cell, for characters; else two, one above the other.
    """
    image = decoded.image
    factor = min(columns / image.width, rows * CELL_HEIGHT / image.height)
    down = factor / CELL_HEIGHT if is_grey else factor
    size = (max(1, round(image.width * factor)), max(1, round(image.height * down)))
    small = image.resize(size, Image.Resampling.LANCZOS)
    small = ImageOps.autocontrast(small.convert("L"), cutoff=1) if is_grey else small
    return Pixels(*small.size, small.tobytes(), is_grey)
