"""Files are found whatever the case and composition of their names, and absent label files are named."""

import unicodedata
from pathlib import Path

import pytest

from training.datasets.labels.folders import ImageFolders, Spellings, label_file
from training.errors import BadData


def made(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.mark.parametrize(
    ("there", "asked"),
    [
        ("Images/A.JPG", "images/a.jpg"),
        (unicodedata.normalize("NFD", "Bilder/für.jpg"), unicodedata.normalize("NFC", "Bilder/für.jpg")),
        (unicodedata.normalize("NFC", "été/é.jpg"), unicodedata.normalize("NFD", "ÉTÉ/É.jpg")),
        ("pictures/a.jpg", "pictures\\a.jpg"),
        ("x/straße.png", "x/STRASSE.png"),
    ],
)
def test_a_file_is_found_under_another_spelling(tmp_path, there, asked):
    made(tmp_path / there)
    assert Spellings().find(tmp_path / asked) == tmp_path / there


def test_the_exact_spelling_comes_first_and_several_others_are_none(tmp_path):
    made(tmp_path / "a.jpg", tmp_path / "A.jpg")
    spellings = Spellings()
    assert spellings.find(tmp_path / "A.jpg") == tmp_path / "A.jpg"
    assert spellings.find(tmp_path / "a.JPG") is None
    assert spellings.find(tmp_path / "b.jpg") is None


@pytest.mark.parametrize("name", ["a\0.jpg", "a" * 300, "a.jpg/b.jpg"])
def test_a_name_that_no_file_can_have_is_not_found(tmp_path, name):
    made(tmp_path / "a.jpg")
    assert Spellings().find(tmp_path / name) is None


def test_images_are_found_in_the_first_of_several_folders(tmp_path):
    made(tmp_path / "TRAIN" / "a.jpg", tmp_path / "test" / "B.jpg", tmp_path / "test" / "a.jpg")
    images = ImageFolders(tmp_path, ["train", "test"])
    assert images.path("a.jpg") == tmp_path / "TRAIN" / "a.jpg"
    assert images.path("b.JPG") == tmp_path / "test" / "B.jpg"
    assert images.path("c.jpg") == tmp_path / "train" / "c.jpg"


def test_a_label_file_is_found_below_folders_in_other_case(tmp_path):
    made(tmp_path / "annotations" / "mos.xlsx")
    assert label_file(tmp_path, "Annotations/MOS.xlsx", "") == tmp_path / "annotations" / "mos.xlsx"


def test_an_absent_label_file_is_told_apart_from_an_absent_folder(tmp_path):
    with pytest.raises(BadData, match=r"here/dmos\.mat: no such file, for there is no such folder.*--data_path"):
        label_file(tmp_path / "here", "dmos.mat", "It is a download of its own.")
    with pytest.raises(
        BadData, match=r"dmos\.mat: no such file in this data set's folder\. It is a download of its own\."
    ):
        label_file(tmp_path, "dmos.mat", "It is a download of its own.")
