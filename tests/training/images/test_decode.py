"""From an image file to pixels at their size, and what a reader of the scores is told of it."""

import numpy as np
import pytest
from PIL import Image

from tests.fakes.opened_datasets import decoded, opened
from tests.fakes.photographs import write_csv_dataset
from training.errors import BadData
from training.images.decode import MOST_ENLARGED_PIXELS, decode


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
