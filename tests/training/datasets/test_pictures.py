"""Image files of every kind of pixel become the upright 8-bit picture that people see, or are refused in words."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.fakes.opened_datasets import opened
from tests.fakes.photographs import write_csv_dataset, write_rows
from training.datasets.pictures import read_picture
from training.errors import BadData

DEEP = np.array([[0, 100 * 257, 65535]], dtype=np.uint16)


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def pixels(path: Path) -> list[tuple[int, ...]]:
    """Of a picture of one row."""
    return [tuple(pixel) for pixel in np.asarray(read_picture(path).rgb)[0].tolist()]


def write_tiff(path: Path, data: bytes, **tags: int) -> Path:
    """A TIFF of one row of grey, whose tags Pillow itself would not write."""
    numbers = {"width": 256, "height": 257, "bits": 258, "compression": 259, "meaning": 262, "offset": 273}
    numbers |= {"samples": 277, "rows": 278, "size": 279}
    values = {"height": 1, "compression": 1, "samples": 1, "rows": 1, "size": len(data), "offset": 8, **tags}
    entries = sorted((numbers[name], value) for name, value in values.items())
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", tag, 4, 1, v) for tag, v in entries)
    path.write_bytes(b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory + bytes(4))
    return path


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm", "jp2"])
def test_16_bit_grey_is_scaled_to_8_bits(tmp_path, suffix):
    path = saved(tmp_path / f"deep.{suffix}", Image.fromarray(DEEP))
    assert pixels(path) == [(0, 0, 0), (100, 100, 100), (255, 255, 255)]


def test_16_bit_grey_of_which_one_is_transparent_shows_the_background_there(tmp_path):
    path = saved(tmp_path / "deep.png", Image.fromarray(DEEP), transparency=0)
    assert pixels(path) == [(255, 255, 255), (100, 100, 100), (255, 255, 255)]
    assert read_picture(path).was_transparent


def test_tiff_of_16_bits_may_count_from_either_end_and_be_big_endian(tmp_path):
    low_first = DEEP.astype("<u2").tobytes()
    assert pixels(write_tiff(tmp_path / "black.tif", low_first, width=3, bits=16, meaning=1))[1] == (100, 100, 100)
    assert pixels(write_tiff(tmp_path / "white.tif", low_first, width=3, bits=16, meaning=0)) == [
        (255, 255, 255),
        (155, 155, 155),
        (0, 0, 0),
    ]
    big_endian = Image.frombytes("I;16B", (3, 1), DEEP.astype(">u2").tobytes())
    assert pixels(saved(tmp_path / "big.tif", big_endian))[1] == (100, 100, 100)


def test_12_bits_of_a_tiff_are_scaled_by_12_bits(tmp_path):
    path = write_tiff(tmp_path / "twelve.tif", bytes([0xFF, 0xF8, 0x00]), width=2, bits=12, meaning=1)
    assert pixels(path) == [(255, 255, 255), (128, 128, 128)]  # 4095, 2048


@pytest.mark.parametrize(("mode", "words"), [("F", "floating-point"), ("I", "integers of 32 bits")])
def test_pixels_without_a_known_range_are_refused_with_file_mode_and_way_out(tmp_path, mode, words):
    labels = write_csv_dataset(tmp_path, train=1, val=1, test=1)
    saved(tmp_path / "pictures" / "odd.tif", Image.new(mode, (4, 4), 1))
    rows = [("pictures/odd.tif", 1, "train"), ("pictures/val0.jpg", 2, "val"), ("pictures/test0.jpg", 3, "test")]
    dataset = opened("csv", write_rows(labels, ("image", "mos", "split"), rows))
    with pytest.raises(BadData, match=rf"odd\.tif: .*{words}.*, mode {mode}.*save it with 8 or 16.*csv, line 2"):
        dataset.picture(dataset.items[0])


UPRIGHT = [[1, 2, 3], [4, 5, 6]]
STORED = {
    1: [[1, 2, 3], [4, 5, 6]],
    2: [[3, 2, 1], [6, 5, 4]],
    3: [[6, 5, 4], [3, 2, 1]],
    4: [[4, 5, 6], [1, 2, 3]],
    5: [[1, 4], [2, 5], [3, 6]],
    6: [[3, 6], [2, 5], [1, 4]],
    7: [[6, 3], [5, 2], [4, 1]],
    8: [[4, 1], [5, 2], [6, 3]],
}
"""EXIF orientation to the rows of a file whose upright picture is `UPRIGHT`: where row 0 and column 0 lie, by EXIF."""


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_picture_is_turned_upright_by_its_exif_orientation(tmp_path, suffix, orientation):
    image = Image.fromarray(np.array(STORED[orientation], dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / f"turned.{suffix}", image, exif=exif)
    assert np.asarray(read_picture(path).rgb)[:, :, 0].tolist() == UPRIGHT


def test_a_lying_photograph_is_as_high_as_it_was_taken(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "phone.jpg", Image.new("RGB", (40, 30)), exif=exif)
    assert read_picture(path).rgb.size == (30, 40)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"Exif\0\0no TIFF", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0II"])
def test_a_damaged_exif_leaves_the_picture_as_it_lies(tmp_path, exif):
    path = saved(tmp_path / "photo.jpg", Image.new("RGB", (40, 30)), exif=exif)
    assert read_picture(path).rgb.size == (40, 30)


def palette(alpha: bytes) -> tuple[Image.Image, dict[str, object]]:
    image = Image.new("P", (2, 1))
    image.putpalette([200, 0, 0, 0, 100, 0])
    image.putpixel((1, 0), 1)
    return image, {"transparency": alpha}


@pytest.mark.parametrize(
    ("image", "options"),
    [
        (Image.frombytes("RGBA", (2, 1), bytes([200, 0, 0, 0, 0, 100, 0, 255])), {}),
        (Image.frombytes("RGB", (2, 1), bytes([200, 0, 0, 0, 100, 0])), {"transparency": (200, 0, 0)}),
        palette(bytes([0, 255])),
    ],
)
def test_hidden_colours_do_not_show_and_the_background_is_white(tmp_path, image, options):
    path = saved(tmp_path / "logo.png", image, **options)
    assert pixels(path) == [(255, 255, 255), (0, 100, 0)]
    assert read_picture(path).was_transparent


def test_half_transparent_pixels_are_mixed_with_white(tmp_path):
    path = saved(tmp_path / "shade.png", Image.frombytes("LA", (2, 1), bytes([55, 51, 55, 255])))
    assert pixels(path) == [(215, 215, 215), (55, 55, 55)]  # 55 · 0.2 + 255 · 0.8


@pytest.mark.parametrize(
    ("image", "options"),
    [
        (Image.frombytes("RGBA", (2, 1), bytes([200, 0, 0, 255, 0, 100, 0, 255])), {}),
        palette(bytes([255, 255])),
        (palette(b"")[0], {}),
    ],
)
def test_an_opaque_picture_is_not_counted_as_transparent(tmp_path, image, options):
    path = saved(tmp_path / "opaque.png", image, **options)
    assert pixels(path) == [(200, 0, 0), (0, 100, 0)]
    assert not read_picture(path).was_transparent


@pytest.mark.parametrize(
    ("mode", "colour", "suffix", "expected"),
    [
        ("L", 90, "png", (90, 90, 90)),
        ("1", 1, "png", (255, 255, 255)),
        ("CMYK", (0, 255, 255, 0), "tif", (255, 0, 0)),
        ("CMYK", (0, 255, 255, 0), "jpg", (254, 0, 0)),
    ],
)
def test_grey_black_and_white_and_print_colours_become_rgb(tmp_path, mode, colour, suffix, expected):
    assert pixels(saved(tmp_path / f"x.{suffix}", Image.new(mode, (1, 1), colour)))[0] == pytest.approx(expected, abs=2)
