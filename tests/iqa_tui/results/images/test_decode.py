"""Image files become few pixels; damaged, huge and strange ones are refused in words."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iqa_tui.results.images import decode as decoding
from iqa_tui.results.images.decode import KEPT_SIDE, Decoded, decode, decode_kept, fitted
from iqa_tui.results.images.places import NotShown
from tests.fakes.strange_files import make_folder, make_link, make_pipe, make_socket

RED, BLUE = (255, 0, 0), (0, 0, 255)


def halves(width: int = 200, height: int = 100) -> Image.Image:
    """Left half red, right half blue."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def colours(path: Path) -> tuple[object, object]:
    image = decode(path).image
    return image.getpixel((2, image.height // 2)), image.getpixel((image.width - 3, image.height // 2))


@pytest.mark.parametrize("suffix", ["png", "bmp", "tiff", "webp", "ppm"])
def test_colours_and_shape_are_kept(tmp_path: Path, suffix: str) -> None:
    halves().save(tmp_path / f"a.{suffix}", lossless=True)
    found = decode(tmp_path / f"a.{suffix}")
    assert found.image.size == (200, 100)
    assert colours(tmp_path / f"a.{suffix}") == (RED, BLUE)
    assert found.words.startswith("200 × 100 ")


def test_a_large_photograph_is_made_small(tmp_path: Path) -> None:
    halves(4000, 2000).save(tmp_path / "a.jpg")
    found = decode(tmp_path / "a.jpg")
    assert found.image.size == (KEPT_SIDE, KEPT_SIDE // 2)
    assert found.words.startswith("4000 × 2000 JPEG, ")


def test_a_photograph_that_lies_on_its_side_is_turned(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    halves().save(tmp_path / "a.jpg", exif=exif, quality=95)
    image = decode(tmp_path / "a.jpg").image
    assert image.size == (100, 200)
    red, _, blue = image.getpixel((50, 3))
    assert red > 200
    assert blue < 50


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png").image.getpixel((9, 9)) == (255, 255, 255)


def test_deep_grey_has_its_lightness(tmp_path: Path) -> None:
    Image.fromarray(np.full((10, 10), 0x8000, dtype=np.uint16)).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png").image.getpixel((5, 5)) == pytest.approx((127, 127, 127), abs=1)


def truncated(path: Path) -> None:
    halves().save(path, "JPEG")
    path.write_bytes(path.read_bytes()[:700])


def no_image(path: Path) -> None:
    path.write_text("#!/bin/sh\nrm -rf ~\n")


def postscript(path: Path) -> None:
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n%%EOF\n")


def bomb(path: Path) -> None:
    """A PNG of 60,000 × 60,000 pixels in some bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def many_pixels(path: Path) -> None:
    Image.new("1", (10_000, 6_000)).save(path, "PNG")


def long_file(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(decoding.LARGEST_BYTES + 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (truncated, "is damaged"),
        (no_image, "is no image of a known kind"),
        (postscript, "is no image of a known kind"),
        (bomb, "too many pixels to show"),
        (many_pixels, "10,000 × 6,000 pixels are too many to show"),
        (long_file, "more than an image is opened with"),
        (make_pipe, "is a pipe, not a file"),
        (make_link, "is a symbolic link, not a file"),
        (make_folder, "is a folder, not a file"),
        (make_socket, "is a socket, not a file"),
        (lambda _: None, "No such file"),
    ],
)
def test_what_is_no_proper_image_is_refused_in_words(tmp_path: Path, make: Callable[[Path], None], words: str) -> None:
    make(tmp_path / "a.jpg")
    with pytest.raises(NotShown, match=words):
        decode(tmp_path / "a.jpg")


def test_it_stops_when_another_image_is_wanted(tmp_path: Path) -> None:
    halves().save(tmp_path / "a.jpg")
    with pytest.raises(NotShown):
        decode(tmp_path / "a.jpg", lambda: True)


def test_an_image_is_decoded_again_only_once_its_file_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    halves().save(path)
    first = decode_kept(path)
    assert decode_kept(path) is first
    halves(40, 40).save(path)
    assert decode_kept(path).image.size == (40, 40)
    monkeypatch.setattr(decoding, "MOST_KEPT", 1)
    halves().save(tmp_path / "b.png")
    decode_kept(tmp_path / "b.png")
    assert len(decoding.KEPT) == 1


@pytest.mark.parametrize(
    ("size", "room", "shown"),
    [
        ((200, 100), (40, 40), (40, 20)),
        ((100, 200), (40, 10), (10, 20)),
        ((10, 10), (40, 10), (20, 20)),
        ((5000, 1), (40, 10), (40, 1)),
    ],
)
def test_a_picture_fills_its_room_and_keeps_its_shape(
    size: tuple[int, int], room: tuple[int, int], shown: tuple[int, int]
) -> None:
    pixels = fitted(Decoded(halves(*size), ""), *room, is_grey=False)
    assert (pixels.width, pixels.height) == shown
    assert len(pixels.values) == 3 * shown[0] * shown[1]


def test_in_grey_a_pixel_is_a_whole_cell() -> None:
    pixels = fitted(Decoded(halves(100, 100), ""), 40, 10, is_grey=True)
    assert (pixels.width, pixels.height, len(pixels.values)) == (20, 10, 200)
    assert pixels.is_grey
