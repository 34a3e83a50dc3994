"""An image that cannot be decoded is named with its line."""

import pytest

from tests.fakes.opened_datasets import decoded, opened
from tests.fakes.photographs import write_csv_dataset
from tests.fakes.public_datasets import (
    WRITERS,
)
from training.config import TrainConfig
from training.errors import BadData


def test_an_image_that_vanished_since_the_labels_were_read_is_named_with_its_line(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    (tmp_path / "pictures" / "train3.jpg").unlink()
    with pytest.raises(BadData, match=r"train3\.jpg: no such image any more.*line 5"):
        decoded(dataset)


def test_a_damaged_image_is_named_with_its_line_and_leaves_no_cache(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    (tmp_path / "pictures" / "train3.jpg").write_bytes(b"\xff\xd8 not much of a picture")
    with pytest.raises(BadData, match=r"train3\.jpg: cannot be read as an image.*line 5"):
        decoded(dataset)
    assert [path.name for path in TrainConfig.cache_folder().iterdir() if not path.name.endswith(".lock")] == []


def test_an_image_that_cannot_be_decoded_is_named_with_its_line(tmp_path):
    folder = WRITERS["csiq"](tmp_path)
    image = folder / "dst_imgs_all" / "1600.AWGN.1.png"
    image.unlink()
    image.write_bytes(b"\x89PNG and no more")
    with pytest.raises(BadData, match=r"1600\.AWGN\.1\.png: cannot be read as an image.*csiq_label\.txt, line 2"):
        decoded(opened("csiq", folder))
