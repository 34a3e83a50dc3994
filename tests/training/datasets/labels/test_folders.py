"""Images are found by name, whatever the case in which the labels spell them."""

import pytest

from training.datasets.labels.folders import ImageFolders


@pytest.fixture
def folder(tmp_path):
    for name in ("first/a.JPG", "first/both.jpg", "second/both.jpg", "second/b.bmp", "second/A.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("b.bmp", "second/b.bmp"),
        ("B.BMP", "second/b.bmp"),
        ("both.jpg", "first/both.jpg"),
        ("a.jpg", "first/a.JPG"),
        ("A.jpg", "second/A.jpg"),
        ("missing.jpg", "first/missing.jpg"),
    ],
)
def test_the_exact_name_goes_before_other_case_and_the_first_folder_before_the_next(folder, name, found):
    images = ImageFolders(folder, ["first", "absent", "second"])
    assert images.path(name) == folder / found


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert ImageFolders(tmp_path, ["absent"]).path("a.jpg") == tmp_path / "absent" / "a.jpg"
