"""PIPAL's training images in both of their layouts."""

import shutil

import pytest

from tests.fakes.opened_datasets import edit, item_of, opened
from tests.fakes.public_datasets import write_pipal
from training.errors import BadData


def test_pipals_elo_ratings_are_read_from_a_file_a_picture(folders):
    dataset = opened("pipal", folders["pipal"])
    assert (len(dataset.items), len({item.group for item in dataset.items})) == (30, 10)
    item = item_of(dataset, "A0003_00_02.bmp")
    assert (item.path.parent.name, item.mos, item.mos_sd, item.group) == ("Distortion_4", 1362.25, None, "a0003")


def test_pipals_scale_reaches_as_far_as_labels_outside_the_test_split(folders):
    dataset = opened("pipal", folders["pipal"])
    known = [item.mos for item in dataset.items if item.split != "test"]
    assert dataset.mos_range == (min(known), max(known))
    assert {dataset.to_training(label) for label in dataset.mos_range} == {0.0, 1.0}


def test_pipals_scale_takes_no_test_label_however_far_it_lies(tmp_path):
    first = opened("pipal", write_pipal(tmp_path))
    item = first.split("test")[0]
    edit(tmp_path / "Train_Label" / f"{item.name[:5]}.txt", f"{item.name},{item.mos}", f"{item.name},9999")
    second = opened("pipal", tmp_path)
    assert item_of(second, item.name).mos == 9999
    assert second.mos_range == first.mos_range


def test_pipal_as_its_authors_code_wants_it_is_the_same_data_set(tmp_path):
    before = opened("pipal", write_pipal(tmp_path))
    (tmp_path / "Train_Label").rename(tmp_path / "MOS_Scores_train")
    for part in range(1, 5):
        shutil.move(tmp_path / f"Distortion_{part}", tmp_path / "Distortion" / f"Distortion_{part}")
    after = opened("pipal", tmp_path)
    assert [(item.name, item.mos, item.split) for item in after.items] == [
        (item.name, item.mos, item.split) for item in before.items
    ]
    assert {item.path.parent.parent.name for item in after.items} == {"Distortion"}


@pytest.mark.parametrize("joined", ["Dist_Imgs", "Train_Dist", "{part}/{part}"])
def test_pipal_as_others_lay_it_out_is_the_same_data_set(tmp_path, joined):
    before = opened("pipal", write_pipal(tmp_path))
    for part in [f"Distortion_{number}" for number in range(1, 5)]:
        aside = (tmp_path / part).rename(tmp_path / f"{part}.unpacked")
        for image in sorted(aside.iterdir()):
            place = tmp_path / joined.format(part=part) / image.name
            place.parent.mkdir(parents=True, exist_ok=True)
            image.rename(place)
    (tmp_path / "Train_Label").rename(tmp_path / "labels")
    (tmp_path / "Train_Label").mkdir()
    (tmp_path / "labels").rename(tmp_path / "Train_Label" / "Train_Label")
    after = opened("pipal", tmp_path)
    assert [(item.name, item.mos, item.split) for item in after.items] == [
        (item.name, item.mos, item.split) for item in before.items
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "A0001_00_01.bmp,",
            "A0001_00_01.bmp ",
            r"A0001\.txt, line 2: holds .*; it must hold a name, a comma and an Elo",
        ),
        ("1321.25", "good", r"A0001\.txt, line 2: column elo holds 'good', which is no number"),
        ("1321.25", "", r"A0001\.txt, line 2: column elo is empty"),
        ("A0001_00_01", "A0001_00_00", r"A0001\.txt, line 2: image A0001_00_00\.bmp was named already, in .*line 1"),
    ],
)
def test_a_bad_label_of_pipal_is_refused_with_file_and_line(tmp_path, old, new, words):
    edit(write_pipal(tmp_path) / "Train_Label" / "A0001.txt", old, new)
    with pytest.raises(BadData, match=words):
        opened("pipal", tmp_path)


def test_pipal_without_labels_is_refused_with_where_to_get_them(tmp_path):
    shutil.rmtree(write_pipal(tmp_path) / "Train_Label")
    words = r"Train_Label: no such file .* ends in \.txt, nor of MOS_Scores_train, nor of Train_Label/Train_Label\. Train_Label\.zip lies beside"
    with pytest.raises(BadData, match=words):
        opened("pipal", tmp_path)
    (tmp_path / "Train_Label").mkdir()
    (tmp_path / "Train_Label" / "A0001.txt").write_text("\n")
    with pytest.raises(BadData, match=r"A0001\.txt: holds no label"):
        opened("pipal", tmp_path)
