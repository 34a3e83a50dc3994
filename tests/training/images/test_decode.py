"""From an image file to pixels at their size, and what a reader of the scores is told of it."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.fakes.opened_datasets import decoded, opened
from tests.fakes.photographs import write_csv_dataset
from tests.fakes.public_datasets import WRITERS
from training.config import TrainConfig
from training.errors import BadData
from training.images.decode import MOST_ENLARGED_PIXELS, decode
from training.runfolder.image_packs import all_packs


@pytest.fixture
def labels(tmp_path):
    return write_csv_dataset(tmp_path)


def test_transparent_images_are_counted_and_the_count_is_kept_with_the_cache(tmp_path, labels):
    for number in (3, 7):
        hidden = Image.new("RGBA", (72, 72), (200, 0, 0, 0))
        hidden.save(tmp_path / "pictures" / f"train{number}.jpg", format="PNG")
    dataset = opened("csv", labels)
    made, found = decoded(dataset), decoded(dataset)
    for store in (made, found):
        np.testing.assert_array_equal(store[3], 255)
        assert store.changes.notes(dataset) == (
            "csv: 2 of 18 images have transparent pixels, which are shown on white; the first is pictures/train3.jpg",
        )


def test_images_that_were_shrunk_are_counted_with_their_new_short_side(tmp_path, labels):
    Image.new("RGB", (900, 768)).save(tmp_path / "pictures" / "train3.jpg")
    dataset = opened("csv", labels)
    store = decoded(dataset)
    assert store[3].shape == (384, 450, 3)
    (note,) = store.changes.notes(dataset)
    assert note.startswith("csv: 1 of 18 images were shrunk to a short side of 384 pixels before crops were cut")


def test_untouched_images_need_no_note(labels):
    dataset = opened("csv", labels)
    assert decoded(dataset).changes.notes(dataset) == ()


def test_an_image_too_long_for_a_crop_is_refused_before_it_fills_the_memory(tmp_path, labels):
    Image.new("RGB", (9000, 2)).save(tmp_path / "pictures" / "train3.jpg")
    dataset = opened("csv", labels)
    words = r"train3\.jpg: is 9000 × 2 pixels; for crops of 224 .* to 1,008,000 × 224; .*--patch_size; .*csv, line 5"
    with pytest.raises(BadData, match=words):
        decode(dataset, dataset.items[3], 224)
    assert decode(dataset, dataset.items[3], 32).pixels.nbytes <= 3 * MOST_ENLARGED_PIXELS


def test_an_image_that_vanished_since_the_labels_were_read_is_named_with_its_line(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    (tmp_path / "pictures" / "train3.jpg").unlink()
    with pytest.raises(BadData, match=r"train3\.jpg: no such image any more.*line 5"):
        decoded(dataset)


def test_a_damaged_image_is_named_with_its_line_and_the_others_stay_decoded(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    (tmp_path / "pictures" / "train3.jpg").write_bytes(b"\xff\xd8 not much of a picture")
    with pytest.raises(BadData, match=r"train3\.jpg: cannot be read as an image.*line 5"):
        decoded(dataset)
    assert sum(pack.images for pack in all_packs(TrainConfig.cache_folder())) == 3


def test_an_image_that_cannot_be_decoded_is_named_with_its_line(tmp_path):
    folder = WRITERS["csiq"](tmp_path)
    image = folder / "dst_imgs_all" / "1600.AWGN.1.png"
    image.unlink()
    image.write_bytes(b"\x89PNG and no more")
    with pytest.raises(BadData, match=r"1600\.AWGN\.1\.png: cannot be read as an image.*csiq_label\.txt, line 2"):
        decoded(opened("csiq", folder))


def test_an_image_of_more_pixels_than_any_photograph_is_refused_unread(tmp_path, labels):
    parts = [b"IHDR" + struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0), b"IDAT" + zlib.compress(b""), b"IEND"]
    chunks = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts)
    (tmp_path / "pictures" / "train3.jpg").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
    dataset = opened("csv", labels)
    with pytest.raises(
        BadData, match=r"train3\.jpg: cannot be read as an image \(Image size \(900000000 .*csv, line 5"
    ):
        decode(dataset, dataset.items[3], 32)
