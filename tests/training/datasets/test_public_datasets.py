"""Public data sets in their true layouts: what is read from them, how they are split, and what is refused."""

import json
import re

import numpy as np
import pytest

from tests.fakes.photographs import write_koniq, write_rows
from tests.fakes.public_datasets import (
    WRITERS,
    cells,
    link_pictures,
    write_agiqa,
    write_mat,
    write_published_koniq,
    write_sheet,
)
from tests.training.datasets.test_datasets import counts, decoded, edit, opened
from training.errors import BadData

GROUPED = ("kadid-10k", "tid2013", "live", "csiq")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Every data set once, only read."""
    root = tmp_path_factory.mktemp("sets")
    return {name: write(root / name) for name, write in WRITERS.items()}


def item_of(dataset, name):
    return next(item for item in dataset.items if item.name == name)


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


def test_spaq_is_scored_from_0_to_100(folders):
    dataset = opened("spaq", folders["spaq"])
    assert item_of(dataset, "00003.jpg").mos == 5.5
    assert dataset.to_training(5.5) == pytest.approx(0.055)


def test_kadids_dmos_grows_with_quality_and_its_variance_becomes_a_standard_deviation(folders):
    dataset = opened("kadid-10k", folders["kadid-10k"])
    item = item_of(dataset, "I00_01_01.png")
    assert (item.mos, item.mos_sd, item.group) == (2.0, 0.5, "I00.png")
    assert dataset.sd_to_training(item.mos_sd) == pytest.approx(0.125)


def test_agiqa_takes_opinions_about_quality_not_about_the_prompt(folders):
    item = item_of(opened("agiqa-3k", folders["agiqa-3k"]), "sd1.5_lowcorr_005.jpg")
    assert (item.mos, item.mos_sd) == (1.0, 0.3)


@pytest.mark.parametrize("place", ["Images", "AGIQA-3K", "."])
def test_agiqas_images_may_lie_where_the_archive_put_them(tmp_path, place):
    dataset = opened("agiqa-3k", write_agiqa(tmp_path, images=place))
    assert all(item.path.is_file() for item in dataset.items)


def test_livecs_practice_images_are_left_out_and_the_labels_stay_in_step(folders):
    dataset = opened("livec", folders["livec"])
    assert len(dataset.items) == 20
    assert (item_of(dataset, "3.bmp").mos, item_of(dataset, "22.bmp").mos) == (7.0, 26.0)
    assert dataset.items[0].mos_sd == 18.5


def test_tids_images_are_found_whatever_the_case_and_grouped_by_picture(folders):
    dataset = opened("tid2013", folders["tid2013"])
    assert len({item.group for item in dataset.items}) == 10
    assert len({item.path for item in dataset.items}) == 30
    item = item_of(dataset, "I01_01_1.bmp")
    assert (item.path.name, item.mos, item.mos_sd) == ("I01_01_1.BMP", 0.0, 0.1)


def test_lives_dmos_is_turned_round_and_undistorted_copies_are_left_out(folders):
    dataset = opened("live", folders["live"])
    assert len(dataset.items) == 982 - 99
    item = item_of(dataset, "jp2k/img2.bmp")
    assert (item.mos, item.mos_sd, item.group) == (pytest.approx(99.9), 7.0, "photo1.bmp")
    assert item_of(dataset, "jpeg/img5.bmp").mos == pytest.approx(100 - 23.1)


def test_csiqs_dmos_is_turned_round(folders):
    dataset = opened("csiq", folders["csiq"])
    assert item_of(dataset, "1600.AWGN.2.png").mos == pytest.approx(0.98)
    assert {item.group for item in dataset.items} == {str(1600 + n) for n in range(10)}


def test_bids_images_are_named_by_number(folders):
    item = item_of(opened("bid", folders["bid"]), "DatabaseImage0007.JPG")
    assert item.mos == pytest.approx(1.4)


@pytest.mark.parametrize("name", WRITERS)
def test_an_absent_data_set_is_told_with_its_label_file_and_the_flag(tmp_path, name):
    with pytest.raises(BadData, match=r"no such file.*--data_path") as refused:
        opened(name, tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in str(refused.value)


@pytest.mark.parametrize(
    ("name", "image", "where"),
    [
        ("spaq", "TestImage/00004.jpg", r"scores\.xlsx, line 5"),
        ("kadid-10k", "images/I00_02_01.png", r"dmos\.csv, line 4"),
        ("agiqa-3k", "images/sd1.5_lowcorr_002.jpg", r"data\.csv, line 4"),
        ("livec", "Images/5.bmp", r"AllImages_release\.mat, entry 10"),
        ("tid2013", "distorted_images/i01_02_1.bmp", r"mos_with_names\.txt, line 2"),
        ("live", "wn/img3.bmp", r"dmos_realigned\.mat, entry 463"),
        ("csiq", "dst_imgs_all/1600.AWGN.1.png", r"csiq_label\.txt, line 2"),
        ("bid", "DatabaseImage0002.JPG", r"DatabaseGrades\.xlsx, line 3"),
    ],
)
def test_a_missing_image_is_named_with_the_line_that_names_it(tmp_path, name, image, where):
    folder = WRITERS[name](tmp_path / name)
    (folder / image).unlink()
    with pytest.raises(BadData, match=f"no such image, named in .*{where}") as refused:
        opened(name, folder)
    assert re.search(re.escape(folder.name) + r"/(\./)?" + re.escape(image.rpartition("/")[0]), str(refused.value))


@pytest.mark.parametrize(
    ("name", "file", "old", "new", "words"),
    [
        ("kadid-10k", "dmos.csv", "ref_img", "reference", r"dmos\.csv, line 1: no column ref_img"),
        ("kadid-10k", "dmos.csv", "I00.png,1,", "I00.png,nan,", r"dmos\.csv, line 2: column dmos holds nan"),
        ("kadid-10k", "dmos.csv", "0.25", "-0.25", r"dmos\.csv, line 2: column var holds -0.25"),
        ("agiqa-3k", "data.csv", "mos_quality", "mos", r"data\.csv, line 1: no column mos_quality"),
        ("agiqa-3k", "data.csv", ",0.0,0.3", ",,0.3", r"data\.csv, line 2: column mos_quality is empty"),
        ("tid2013", "mos_with_names.txt", "0.00000 ", "NaN ", r"mos_with_names\.txt, line 1: column mos holds NaN"),
        ("tid2013", "mos_with_names.txt", "0.25000 ", "", r"mos_with_names\.txt, line 2: holds 'i01_02_1\.bmp'"),
        (
            "tid2013",
            "mos_std.txt",
            "0.10000\n",
            "",
            r"mos_with_names\.txt has 30 entries and .*mos_std\.txt has 29 entries",
        ),
        ("csiq", "csiq_label.txt", "0.000", "good", r"csiq_label\.txt, line 1: column dmos holds 'good'"),
        ("csiq", "csiq_label.txt", "1600.AWGN.1.png", "1600.AWGN.0.png", r"line 2: image 1600\.AWGN\.0\.png was named"),
    ],
)
def test_a_bad_label_in_a_text_file_is_refused_with_file_and_line(tmp_path, name, file, old, new, words):
    folder = WRITERS[name](tmp_path / name)
    edit(folder / file, old, new)
    with pytest.raises(BadData, match=words):
        opened(name, folder)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("Image", "MOS"), ("00001.jpg", 3)], r"line 1: no column Image name; the columns are Image, MOS"),
        ([("Image name", "MOS"), ("00001.jpg", "nan")], "line 2: column MOS holds nan"),
        ([("Image name", "MOS"), (None, None), ("00001.jpg", None)], "line 3: column MOS is empty"),
        ([], "line 1: no column Image name"),
    ],
)
def test_a_bad_label_in_a_sheet_is_refused_with_file_and_line(tmp_path, rows, words):
    folder = WRITERS["spaq"](tmp_path)
    write_sheet(folder / "Annotations" / "MOS and Image attribute scores.xlsx", rows)
    with pytest.raises(BadData, match=rf"scores\.xlsx, {words}"):
        opened("spaq", folder)


def test_a_bad_grade_of_bid_is_refused_with_its_line(tmp_path):
    folder = WRITERS["bid"](tmp_path)
    write_sheet(folder / "DatabaseGrades.xlsx", [("n", "g"), (1, 2.0), (2, "?")])
    with pytest.raises(BadData, match=r"DatabaseGrades\.xlsx, line 3: column grade holds '\?'"):
        opened("bid", folder)


@pytest.mark.parametrize(
    ("file", "variables", "words"),
    [
        ("AllMOS_release", {"MOS": np.zeros((1, 27))}, r"AllMOS_release\.mat: no variable AllMOS_release"),
        (
            "AllMOS_release",
            {"AllMOS_release": np.zeros((1, 26))},
            r"has 27 entries and .*AllMOS_release\.mat has 26 entries: the two must list the same images",
        ),
        ("AllMOS_release", {"AllMOS_release": np.full((1, 27), np.nan)}, r"entry 8: column AllMOS_release holds nan"),
        ("AllStdDev_release", {"AllStdDev_release": np.full((1, 27), -1.0)}, r"entry 8: column AllStdDev_release"),
        ("AllImages_release", {"AllImages_release": cells(["3.bmp"] * 27)}, r"entry 9: image 3\.bmp was named already"),
    ],
)
def test_a_bad_label_in_a_matlab_file_is_refused_with_file_and_entry(tmp_path, file, variables, words):
    folder = WRITERS["livec"](tmp_path)
    write_mat(folder / "Data" / f"{file}.mat", **variables)
    with pytest.raises(BadData, match=words):
        opened("livec", folder)


def test_live_with_another_number_of_images_is_refused(tmp_path):
    write_mat(tmp_path / "dmos_realigned.mat", dmos_new=np.ones(5), dmos_std=np.ones(5), orgs=np.zeros(5))
    write_mat(tmp_path / "refnames_all.mat", refnames_all=cells(["a.bmp"] * 5))
    with pytest.raises(BadData, match=r"holds 5 entries; LIVE has 982 images"):
        opened("live", tmp_path)
    write_mat(tmp_path / "dmos_realigned.mat", dmos_new=np.ones(5), dmos_std=np.ones(4), orgs=np.zeros(5))
    with pytest.raises(BadData, match=r"dmos_std has 4 entries and dmos_new 5"):
        opened("live", tmp_path)


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


def test_an_image_that_cannot_be_decoded_is_named_with_its_line(tmp_path):
    folder = WRITERS["csiq"](tmp_path)
    image = folder / "dst_imgs_all" / "1600.AWGN.1.png"
    image.unlink()
    image.write_bytes(b"\x89PNG and no more")
    with pytest.raises(BadData, match=r"1600\.AWGN\.1\.png: cannot be read as an image.*csiq_label\.txt, line 2"):
        decoded(opened("csiq", folder))


@pytest.mark.parametrize("layout", ["1024x768", "512x384", "train and test"])
@pytest.mark.parametrize("labels", ["koniq10k_distributions_sets.csv", "koniq10k_scores_and_distributions.csv"])
def test_koniq_is_read_from_either_file_and_every_layout(tmp_path, layout, labels):
    sets = ["training"] * 10 + ["validation"] * 2 + ["test"] * 3
    names = [f"{number}.jpg" for number in range(len(sets))]
    split = layout == "train and test"
    places = [("test" if name == "test" else "train") if split else layout for name in sets]
    link_pictures(tmp_path, [f"{place}/{name}" for place, name in zip(places, names, strict=True)])
    has_sets = labels == "koniq10k_distributions_sets.csv"
    header = ("image_name", "c1", "c2", "c3", "c4", "c5", "c_total", "MOS", "SD", "set" if has_sets else "MOS_zscore")
    rows = [
        (name, 0, 0, 0.5, 0.5, 0, 100, *((40 + n, 0.5, sets[n]) if has_sets else (3.5, 0.5, 40 + n)))
        for n, name in enumerate(names)
    ]
    write_rows(tmp_path / labels, header, rows)
    dataset = opened("koniq-10k", tmp_path)
    assert [item.mos for item in dataset.items] == [40 + int(item.name.partition(".")[0]) for item in dataset.items]
    assert len(dataset.items) == 15
    assert dataset.sd_to_training(dataset.items[0].mos_sd) == pytest.approx(0.139)
    assert {item.path.parent.name for item in dataset.items} == set(places)


def test_published_koniq_has_its_own_split_size_and_labels_from_0_to_100(tmp_path):
    dataset = opened("koniq-10k", write_published_koniq(tmp_path), "--protocol", "published")
    assert counts(dataset) == {"train": 4, "val": 0, "test": 3}
    item = item_of(dataset, "test2.jpg")
    assert (item.mos, item.mos_sd) == (40.0, None)
    assert dataset.to_training(item.mos) == pytest.approx(40.0)
    assert dataset.from_training(40.0) == pytest.approx(40.0)
    assert decoded(dataset)[0].shape == (512, 384, 3)


def test_published_koniq_without_those_files_has_the_official_split_and_no_validation(tmp_path):
    dataset = opened("koniq-10k", write_koniq(tmp_path), "--protocol", "published")
    assert counts(dataset) == {"train": 4, "val": 0, "test": 2}
    assert dataset.to_training(80) == pytest.approx(80)
    assert dataset.sd_to_training(dataset.items[0].mos_sd) == pytest.approx(0.5 * 27.8)
    assert decoded(dataset)[0].shape == (512, 384, 3)


def test_clean_koniq_does_not_look_at_the_published_split(tmp_path):
    write_published_koniq(write_koniq(tmp_path))
    assert counts(opened("koniq-10k", tmp_path)) == {"train": 4, "val": 2, "test": 2}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([{"image": "test0.jpg"}], r"koniq_test\.json, entry 1: column score is empty"),
        ([{"image": "test0.jpg", "score": float("nan")}], r"koniq_test\.json, entry 1: column score holds nan"),
        ([{"image": "nowhere.jpg", "score": 5}], r"nowhere\.jpg: no such image, named in .*koniq_test\.json, entry 1"),
        ([{"image": "train0.jpg", "score": 5}], r"koniq_test\.json, entry 1: image train0\.jpg was named already"),
        ({"image": "test0.jpg"}, r"koniq_test\.json: is no list of objects"),
    ],
)
def test_a_bad_published_split_is_refused_with_file_and_entry(tmp_path, entries, words):
    write_published_koniq(tmp_path)
    (tmp_path / "koniq_test.json").write_text(json.dumps(entries))
    with pytest.raises(BadData, match=words):
        opened("koniq-10k", tmp_path, "--protocol", "published")


def test_half_a_published_split_is_refused(tmp_path):
    (write_published_koniq(tmp_path) / "koniq_test.json").unlink()
    with pytest.raises(BadData, match=r"koniq_test\.json: no such file, though koniq_train\.json is there"):
        opened("koniq-10k", tmp_path, "--protocol", "published")
    (tmp_path / "koniq_test.json").write_text("[{")
    with pytest.raises(BadData, match=r"koniq_test\.json: cannot be read as JSON"):
        opened("koniq-10k", tmp_path, "--protocol", "published")
