"""From `--dataset` and `--data_path` to the data set."""

import re
from dataclasses import replace

import pytest

from tests.fakes.opened_datasets import counts, decoded, opened
from tests.fakes.photographs import write_biq2021, write_csv_dataset, write_koniq
from tests.fakes.public_datasets import (
    WRITERS,
)
from training.datasets.koniq10k import WITH_SETS, WITHOUT_SETS
from training.datasets.splits import reach
from training.datasets.table import open_part
from training.errors import BadData
from training.flags import parse
from training.official_splits import ALWAYS, BY_THEIR_FILES

ALL_WRITERS = {**WRITERS, "koniq-10k": write_koniq, "biq2021": write_biq2021}


def test_a_file_for_a_folder_and_a_folder_for_a_file_are_told_apart(tmp_path):
    labels = write_csv_dataset(tmp_path)
    with pytest.raises(BadData, match=r"is a folder; --dataset csv takes the CSV file itself"):
        opened("csv", tmp_path)
    with pytest.raises(BadData, match=r"labels\.csv: is a file; --data_path takes the folder of tid2013"):
        opened("tid2013", labels)


def test_an_absent_data_set_is_told_with_the_flag(tmp_path):
    for name in ("koniq-10k", "biq2021", "csv"):
        with pytest.raises(BadData, match="--data_path"):
            opened(name, tmp_path / "nowhere")


GROUPED = ("kadid-10k", "tid2008", "tid2013", "pipal", "live", "csiq")


@pytest.mark.parametrize("name", WRITERS)
def test_a_data_set_is_read_and_split_in_the_same_way_for_every_run(folders, name):
    first, second = opened(name, folders[name]), opened(name, folders[name], "--seed", "7")
    assert first.name == name
    assert first.items == second.items
    assert all(number > 0 for number in counts(first).values())
    assert counts(first)["train"] > counts(first)["test"]
    assert first.training_top == 1


@pytest.mark.parametrize("name", WRITERS)
def test_every_image_that_is_named_can_be_decoded(folders, name):
    dataset = opened(name, folders[name], "--limit_train_images", "3", "--limit_test_images", "2")
    assert len(decoded(dataset)) == sum(counts(dataset).values())


@pytest.mark.parametrize("name", GROUPED)
def test_distortions_of_one_picture_never_lie_in_two_splits(folders, name):
    dataset = opened(name, folders[name])
    groups = {split: {item.group for item in dataset.split(split)} for split in ("train", "val", "test")}
    assert not groups["train"] & groups["val"]
    assert not groups["test"] & (groups["train"] | groups["val"])
    assert sum(map(len, groups.values())) < len(dataset.items)


@pytest.mark.parametrize("name", WRITERS)
def test_an_absent_data_set_is_told_with_its_label_file_and_the_flag(tmp_path, name):
    with pytest.raises(BadData, match=r"no such file.*--data_path") as refused:
        opened(name, tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in str(refused.value)


@pytest.mark.parametrize(
    ("name", "file", "words"),
    [
        (
            "live",
            "dmos_realigned.mat",
            r"a download of its own, the “realigned subjective quality data”.*dmos\.mat alone",
        ),
        ("live", "refnames_all.mat", "comes with LIVE release 2"),
        ("livec", "Data/AllMOS_release.mat", "ChallengeDB_release"),
        ("csiq", "csiq_label.txt", r"csiq\.DMOS\.xlsx: .*Nor is csiq_label\.txt there.*apart from the images"),
        ("spaq", "Annotations/MOS and Image attribute scores.xlsx", "a download of their own"),
        ("kadid-10k", "dmos.csv", "in the archive of KADID-10k"),
        ("agiqa-3k", "data.csv", "not in the archive of the images"),
        ("tid2013", "mos_std.txt", "in TID2013's archive"),
        ("tid2008", "mos_with_names.txt", "in TID2008's archive"),
        ("bid", "DatabaseGrades.xlsx", "comes with the data set"),
        ("flive", "labels_image.csv", "PaQ-2-PiQ, folder database"),
        ("flive", "labels=640_padded.csv", "PaQ-2-PiQ, folder database"),
        ("uhd-iqa", "uhd-iqa-metadata.csv", r"uhd-iqa-metadata\.zip: .*uhd-iqa-training-metadata\.csv is another"),
        (
            "koniq-10k",
            WITH_SETS,
            rf"{WITH_SETS}: .*Nor is {WITHOUT_SETS} there.*neither is in the archive of the images",
        ),
        ("biq2021", "Test (Images and MOS).csv", "beside the folder Images"),
    ],
)
def test_a_label_file_that_is_missing_beside_the_images_is_named_with_where_to_get_it(tmp_path, name, file, words):
    folder = ALL_WRITERS[name](tmp_path)
    (folder / file).unlink()
    with pytest.raises(BadData, match=words) as refused:
        opened(name, folder)
    assert "no such file in this data set's folder" in str(refused.value)
    assert "--data_path" not in str(refused.value)


@pytest.mark.parametrize("name", ALL_WRITERS)
def test_folders_and_files_in_other_case_are_the_same_data_set(tmp_path, name):
    folder = ALL_WRITERS[name](tmp_path)
    before = opened(name, folder)
    for path in sorted(folder.rglob("*"), key=lambda path: len(path.parts), reverse=True):
        if path.name.swapcase() != path.name:
            path.rename(path.with_name(path.name.swapcase()))
    after = opened(name, folder)
    assert [(item.name, item.mos, item.split) for item in after.items] == [
        (item.name, item.mos, item.split) for item in before.items
    ]
    assert all(item.path.is_file() for item in after.items)


@pytest.mark.parametrize(
    ("name", "image", "where"),
    [
        ("spaq", "TestImage/00004.jpg", r"scores\.xlsx, line 5"),
        ("kadid-10k", "images/I00_02_01.png", r"dmos\.csv, line 4"),
        ("agiqa-3k", "images/sd1.5_lowcorr_002.jpg", r"data\.csv, line 4"),
        ("livec", "Images/5.bmp", r"AllImages_release\.mat, entry 10"),
        ("tid2013", "distorted_images/i01_02_1.bmp", r"mos_with_names\.txt, line 2"),
        ("tid2008", "distorted_images/i01_02_1.bmp", r"mos_with_names\.txt, line 2"),
        ("pipal", "Distortion_1/A0004_00_01.bmp", r"A0004\.txt, line 2"),
        ("live", "wn/img3.bmp", r"dmos_realigned\.mat, entry 463"),
        ("csiq", "dst_imgs_all/1600.AWGN.1.png", r"csiq_label\.txt, line 2"),
        ("bid", "DatabaseImage0002.JPG", r"DatabaseGrades\.xlsx, line 3"),
        ("flive", "EE371R/rq2.jpg", r"labels_image\.csv, line 4"),
        ("uhd-iqa", "validation/3.jpg", r"uhd-iqa-metadata\.csv, line 5"),
    ],
)
def test_a_missing_image_is_named_with_the_line_that_names_it(tmp_path, name, image, where):
    folder = WRITERS[name](tmp_path / name)
    (folder / image).unlink()
    with pytest.raises(BadData, match=f"no such image, named in .*{where}") as refused:
        opened(name, folder)
    assert re.search(re.escape(folder.name) + r"/(\./)?" + re.escape(image.rpartition("/")[0]), str(refused.value))


@pytest.mark.parametrize(
    ("name", "file", "words"),
    [
        ("spaq", "Annotations/MOS and Image attribute scores.xlsx", "cannot be read as an Excel file"),
        ("livec", "Data/AllMOS_release.mat", "cannot be read as a MATLAB file"),
        ("tid2013", "mos_with_names.txt", "cannot be read as text"),
        ("kadid-10k", "dmos.csv", "cannot be read as CSV"),
    ],
)
def test_a_damaged_label_file_is_refused_by_name(tmp_path, name, file, words):
    folder = WRITERS[name](tmp_path)
    (folder / file).write_bytes(b"\xff\xfe\x00 not what it should be \x80" * 20)
    with pytest.raises(BadData, match=rf"{re.escape(file)}: {words}"):
        opened(name, folder)


def test_a_part_of_a_data_set_needs_the_images_of_that_part_alone(tmp_path):
    labels = write_csv_dataset(tmp_path)
    (tmp_path / "pictures" / "train3.jpg").unlink()
    config = parse(["--dataset", "csv", "--data_path", str(labels), "--limit_test_images", "3"])
    part = open_part(config, "val")
    assert [(item.split, item.name[:12]) for item in part.items] == [("test", "pictures/val")] * 3
    with pytest.raises(BadData, match=r"train3\.jpg: no such image"):
        open_part(replace(config, limit_test_images=None), "all")


@pytest.mark.parametrize("name", GROUPED)
def test_ten_random_splits_are_ten_draws_of_reference_images_of_a_fifth_for_the_test(folders, name):
    tests = set()
    for seed in range(10):
        dataset = opened(name, folders[name], "--split_seed", str(seed))
        groups = {split: {item.group for item in dataset.split(split)} for split in ("train", "val", "test")}
        assert sum(map(len, groups.values())) == len({item.group for item in dataset.items})
        sizes = [sum(item.group == group for item in dataset.items) for group in groups["test"]]
        assert sum(sizes) == pytest.approx(0.2 * len(dataset.items), abs=max(sizes))
        tests.add(frozenset(groups["test"]))
    assert len(tests) >= 8


OFFICIAL = ("uhd-iqa", "flive")


@pytest.mark.parametrize("name", [name for name in WRITERS if name not in OFFICIAL])
def test_a_split_seed_draws_another_split_of_the_same_images(folders, name):
    shared, other = opened(name, folders[name], "--split_seed", "0"), opened(name, folders[name], "--split_seed", "3")
    assert shared.items == opened(name, folders[name]).items
    before, after = ({item.name: item.split for item in dataset.items} for dataset in (shared, other))
    assert set(after) == set(before)
    assert after != before
    assert other.items == opened(name, folders[name], "--split_seed", "3", "--seed", "7").items
    groups = {split: {item.group for item in other.split(split)} for split in ("train", "val", "test")}
    assert sum(map(len, groups.values())) == len({item.group for item in other.items})
    assert all(groups.values())


@pytest.mark.parametrize("name", [*OFFICIAL, "koniq-10k", "biq2021", "demo"])
def test_a_split_seed_is_refused_if_the_data_set_has_a_split_of_its_own(tmp_path, name):
    folder = None if name == "demo" else ALL_WRITERS[name](tmp_path)
    with pytest.raises(BadData, match=f"--split_seed 3: {name} has a split of its own, .*leave --split_seed out"):
        opened(name, folder, "--split_seed", "3")


@pytest.mark.parametrize("name", [*(name for name in ALL_WRITERS if name not in BY_THEIR_FILES), "demo"])
def test_it_is_known_without_a_look_which_data_sets_have_a_split_of_their_own(tmp_path, name):
    folder = None if name == "demo" else ALL_WRITERS[name](tmp_path)
    assert opened(name, folder).has_official_split == (name in ALWAYS)


def test_a_table_of_the_users_own_has_another_split_unless_it_names_them(tmp_path):
    labels = write_csv_dataset(tmp_path)
    with pytest.raises(BadData, match="--split_seed 3: csv has a split of its own"):
        opened("csv", labels, "--split_seed", "3")
    lines = [line.rpartition(",")[0] for line in labels.read_text().splitlines()]
    labels.write_text("\n".join(lines) + "\n")
    shared, other = opened("csv", labels), opened("csv", labels, "--split_seed", "3")
    assert {item.name for item in other.split("test")} != {item.name for item in shared.split("test")}
    assert other.mos_range == reach(other.items)
