"""UHD-IQA in its true layout."""

import pytest

from tests.fakes.opened_datasets import counts, edit, item_of, opened
from tests.fakes.public_datasets import write_uhdiqa
from training.errors import BadData


def test_uhd_iqa_has_its_official_split_and_finds_each_image_in_the_folder_of_its_set(folders):
    dataset = opened("uhd-iqa", folders["uhd-iqa"])
    assert counts(dataset) == {"train": 12, "val": 4, "test": 4}
    item = item_of(dataset, "8.jpg")
    assert (item.path.parent.name, item.split, item.mos, item.mos_sd) == ("validation", "val", 0.32, None)
    assert dataset.to_training(item.mos) == item.mos
    assert dataset.sizing.largest_short_side == 384


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            ",training,",
            ",practice,",
            r"metadata\.csv, line 2: column set holds 'practice'; it must be one of training,",
        ),
        ("0.0000", "", r"metadata\.csv, line 2: column quality_mos is empty"),
        ("quality_mos", "mos", r"metadata\.csv, line 1: no column quality_mos"),
        ("0.0400", "40", r"line 3: the label 40 of 1\.jpg is not on the scale of uhd-iqa, 0 to 1"),
    ],
)
def test_a_bad_label_of_uhd_iqa_is_refused_with_file_and_line(tmp_path, old, new, words):
    edit(write_uhdiqa(tmp_path) / "uhd-iqa-metadata.csv", old, new)
    with pytest.raises(BadData, match=words):
        opened("uhd-iqa", tmp_path)
