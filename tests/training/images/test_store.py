"""The decoded images of one data set: views by number, and how much of them a process keeps."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from training.errors import BadData
from training.images import store


def kept_bytes(path: Path) -> int:
    """How much of a mapped file counts as memory of this process."""
    blocks = re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", Path("/proc/self/smaps").read_text())
    sizes = [re.search(r"\nRss: +(\d+) kB", block) for block in blocks if block.partition("\n")[0].endswith(str(path))]
    return sum(int(size[1]) << 10 for size in sizes if size)


def test_a_process_keeps_a_bounded_part_of_the_images_and_reads_the_same_pixels(tmp_path, monkeypatch):
    size, count = (128, 128), 1024
    pixels = np.random.default_rng(1).integers(0, 256, (count, *size, 3), dtype=np.uint8)
    pixels.tofile(tmp_path / "pixels")

    def look_at_all(kept: int) -> int:
        monkeypatch.setattr(store, "KEPT_BYTES", kept)
        images = store.end_to_end(store.map_part(tmp_path / "pixels"), [size] * count)
        first = images[0]
        for number in range(count):
            np.testing.assert_array_equal(images[number], pixels[number])
        np.testing.assert_array_equal(first, pixels[0])
        return kept_bytes(tmp_path / "pixels")

    assert look_at_all(1 << 40) == pixels.nbytes
    assert look_at_all(1 << 20) < 8 << 20  # the kernel maps up to 2 MiB at a time


def test_each_image_is_a_view_of_its_own_part():
    sizes = [(2, 3), (1, 4), (3, 1)]
    pixels = np.arange(sum(height * width * 3 for height, width in sizes), dtype=np.uint8)
    images = store.end_to_end(store.Part(pixels), sizes)
    assert len(images) == 3
    assert [images[number].shape for number in range(3)] == [(2, 3, 3), (1, 4, 3), (3, 1, 3)]
    assert np.concatenate([images[number].ravel() for number in range(3)]).tolist() == pixels.tolist()
    assert np.shares_memory(images[1], pixels)


def test_a_file_that_was_cut_short_is_refused_before_a_missing_page_kills_the_process(tmp_path):
    np.arange(24, dtype=np.uint8).tofile(tmp_path / "pixels")
    images = store.end_to_end(store.map_part(tmp_path / "pixels"), [(2, 2), (2, 2)])
    assert images[1].ravel().tolist() == list(range(12, 24))
    os.truncate(tmp_path / "pixels", 23)
    assert images[0].ravel().tolist() == list(range(12))
    with pytest.raises(BadData, match="was cut short while it was read: --resume makes it anew"):
        images[1]


def test_an_empty_file_has_no_images(tmp_path):
    (tmp_path / "pixels").touch()
    with pytest.raises(ValueError, match="empty file"):
        store.map_part(tmp_path / "pixels")
