"""FLIVE, the pictures of PaQ-2-PiQ, in their true layout."""

import pytest

from tests.fakes.opened_datasets import counts, edit, item_of, opened
from tests.fakes.photographs import write_rows
from tests.fakes.public_datasets import write_flive
from training.errors import BadData


def test_flive_has_its_official_split_and_images_in_three_folders(folders):
    dataset = opened("flive", folders["flive"])
    assert counts(dataset) == {"train": 12, "val": 4, "test": 4}
    assert {item.path.parent.name for item in dataset.items} == {"voc_emotic_ava", "blur_dataset", "EE371R"}
    item = item_of(dataset, "blur_dataset/motion4.jpg")
    assert (item.mos, item.mos_sd, item.split) == (34.0, None, "val")
    assert {item.split for item in dataset.items if item.name in ("voc_emotic_ava/AVA__0.JPG", "EE371R/rq5.jpg")} == {
        "test"
    }


def test_an_image_of_both_lists_is_for_the_test_and_one_of_neither_for_training(tmp_path):
    write_flive(tmp_path)
    header, both = ("name_image", "is_valid"), "voc_emotic_ava/AVA__0.JPG"
    write_rows(tmp_path / "labels=640_padded.csv", header, [(both, True), ("EE371R/rq2.jpg", True)])
    dataset = opened("flive", tmp_path)
    assert item_of(dataset, both).split == "test"
    assert counts(dataset) == {"train": 15, "val": 1, "test": 4}


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            "labels=640_padded.csv",
            "False",
            "no",
            r"padded\.csv, line 2: column is_valid holds 'no'; it must be True or",
        ),
        ("labels=640_padded.csv", "is_valid", "valid", r"padded\.csv, line 1: no column is_valid"),
        ("labels640.csv", "name_image", "name", r"labels640\.csv, line 1: no column name_image"),
        ("labels_image.csv", "23.5", "nan", r"labels_image\.csv, line 3: column mos holds nan"),
        ("labels_image.csv", "23.5", "235", r"line 3: the label 235 of .* is not on the scale of flive, 0 to 100"),
    ],
)
def test_a_bad_line_of_flive_is_refused_with_file_and_line(tmp_path, file, old, new, words):
    edit(write_flive(tmp_path) / file, old, new)
    with pytest.raises(BadData, match=words):
        opened("flive", tmp_path)
