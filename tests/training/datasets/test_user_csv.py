"""The user's own CSV: columns, split and groups."""

import unicodedata

import pytest

from tests.fakes.opened_datasets import counts, decoded, opened
from tests.fakes.photographs import write_csv_dataset, write_picture, write_rows
from tests.fakes.public_datasets import write_sheet
from training.errors import BadData


def test_a_users_csv_has_its_own_range_split_and_spread(tmp_path):
    dataset = opened("csv", write_csv_dataset(tmp_path))
    assert counts(dataset) == {"train": 10, "val": 4, "test": 4}
    assert dataset.mos_range == (1.0, 5.0)
    assert dataset.sd_to_training(dataset.items[0].mos_sd) == pytest.approx(0.125)


def test_without_a_split_column_groups_stay_together(tmp_path):
    labels = write_csv_dataset(tmp_path, train=30, val=0, test=0)
    rows = [(f"pictures/train{number}.jpg", number / 10, f"photo{number // 3}") for number in range(30)]
    dataset = opened("csv", write_rows(labels, ("image", "mos", "group"), rows))
    assert counts(dataset) == {"train": 21, "val": 3, "test": 6}
    splits_of_group = {
        group: {i.split for i in dataset.items if i.group == group} for group in {i.group for i in dataset.items}
    }
    assert all(len(splits) == 1 for splits in splits_of_group.values())


def test_a_group_in_two_splits_is_refused(tmp_path):
    labels = write_csv_dataset(tmp_path)
    rows = [("pictures/train0.jpg", 1, "train", "a"), ("pictures/test0.jpg", 2, "test", "a")]
    with pytest.raises(BadData, match="line 3: group a is in the split test, and in train"):
        opened("csv", write_rows(labels, ("image", "mos", "split", "group"), rows))


def seen(dataset):
    return [(item.name, item.mos, item.mos_sd, item.split) for item in dataset.items]


@pytest.mark.parametrize(
    ("rewritten", "encoding"),
    [
        (lambda text: text.replace(",", ";").replace("mos_sd", "MOS_SD"), "utf-8"),
        (lambda text: text.replace(",", ";").replace(".000", ",000").replace(";0.5;", ";0,5;"), "utf-8-sig"),
        (lambda text: text.replace(",", "\t"), "utf-8"),
        (lambda text: text.replace("image,mos,mos_sd,split", "Image, MOS ,Mos_SD,SPLIT"), "utf-8-sig"),
        (lambda text: text.replace("\n", "\r"), "latin-1"),
    ],
)
def test_a_csv_as_spreadsheets_write_it_means_the_same(tmp_path, rewritten, encoding):
    labels = write_csv_dataset(tmp_path)
    before = seen(opened("csv", labels))
    text = labels.read_text()
    assert rewritten(text) != text
    labels.write_text(rewritten(text), encoding=encoding, newline="")
    assert seen(opened("csv", labels)) == before


def test_an_excel_file_is_read_as_a_csv_is(tmp_path):
    labels = write_csv_dataset(tmp_path)
    before = seen(opened("csv", labels))
    rows = [line.split(",") for line in labels.read_text().splitlines()]
    write_sheet(
        tmp_path / "labels.xlsx", [rows[0], *((name, float(mos), 0.5, split) for name, mos, _, split in rows[1:])]
    )
    assert seen(opened("csv", tmp_path / "labels.xlsx")) == before


def test_an_excel_file_older_than_2007_is_refused_with_the_way_out(tmp_path):
    (tmp_path / "labels.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(500))
    with pytest.raises(BadData, match=r"labels\.xls: is a file of Excel before 2007; save it as \.xlsx or as CSV"):
        opened("csv", tmp_path / "labels.xls")


@pytest.mark.parametrize(("stored", "encoding"), [("NFD", "utf-8"), ("NFC", "cp1252")])
def test_images_with_accents_are_found_as_macos_and_windows_write_them(tmp_path, stored, encoding):
    labels = write_csv_dataset(tmp_path)
    image = tmp_path / "pictures" / "train0.jpg"
    renamed = image.rename(image.with_name(unicodedata.normalize(stored, "träin0.jpg")))
    labels.write_text(labels.read_text().replace("train0", "träin0"), encoding=encoding)
    dataset = opened("csv", labels)
    assert (dataset.items[0].name, dataset.items[0].path) == ("pictures/träin0.jpg", renamed)


def test_a_name_in_a_wrong_encoding_is_missed_with_the_encoding_it_was_read_in(tmp_path):
    labels = write_csv_dataset(tmp_path)
    labels.write_bytes(labels.read_bytes().replace(b"train0", "損失".encode("euc-jp")))
    with pytest.raises(BadData, match=r"no such image, named in .*line 2 \(not UTF-8: read as Windows-1252\)"):
        opened("csv", labels)


def with_labels(tmp_path, labels):
    """A training, a validation or a test image for each (label, split)."""
    path = write_csv_dataset(tmp_path, train=len(labels), val=0, test=0)
    rows = [(f"pictures/train{number}.jpg", *cells) for number, cells in enumerate(labels)]
    return write_rows(path, ("image", "mos", "split"), rows)


SPREAD = [(1 + number / 10, "train") for number in range(20)]


def test_the_scale_is_that_of_the_labels_outside_the_test_split(tmp_path):
    labels = with_labels(tmp_path, [*SPREAD, (2, "val"), (3.5, "test")])
    assert opened("csv", labels).mos_range == (1.0, pytest.approx(2.9))


@pytest.mark.parametrize("others", [[], [(2, "train"), (2, "val")]])
def test_the_scale_of_test_images_is_that_of_their_labels_if_no_others_differ(tmp_path, others):
    labels = with_labels(tmp_path, [*others, (2, "test"), (4, "test")])
    assert opened("csv", labels, "--epochs", "0", "--protocol", "published").mos_range == (2, 4)


@pytest.mark.parametrize("flags", [["--scale", "1,5"], ["--scale=1,5"], ["--scale", " 1.0 , 5e0 "]])
def test_the_scale_can_be_given(tmp_path, flags):
    dataset = opened("csv", with_labels(tmp_path, [*SPREAD, (2, "val"), (3, "test")]), *flags)
    assert dataset.mos_range == (1, 5)
    assert dataset.to_training(2) == pytest.approx(0.25)


def test_a_scale_may_begin_below_zero(tmp_path):
    labels = with_labels(tmp_path, [(-2, "train"), (2, "train"), (0, "val"), (1, "test")])
    assert opened("csv", labels, "--scale", "-3,3").to_training(0) == pytest.approx(0.5)


def test_labels_of_which_lower_is_better_are_turned_round_on_their_scale_and_it_is_noted(tmp_path):
    labels = with_labels(tmp_path, [(10, "train"), (90, "train"), (40, "val"), (20, "test")])
    dataset = opened("csv", labels, "--scale", "0,100", "--lower_is_better")
    assert [item.mos for item in dataset.items] == [90, 10, 60, 80]
    assert dataset.mos_range == (0, 100)
    assert dataset.notes == ("csv: labels are turned round, since lower is better: mos = 100 − label",)


def test_a_label_far_from_the_others_is_named_with_its_line(tmp_path):
    labels = with_labels(tmp_path, [*SPREAD, (9999, "train"), (2, "val"), (3, "test")])
    (note,) = opened("csv", labels).notes
    assert note.startswith(
        f"{labels}, line 22: the label 9999 of pictures/train20.jpg lies far from the others, half of "
    )
    assert "lie between 1.55 and 2.55" in note


def test_a_test_label_beyond_the_training_labels_is_named_and_shapes_no_training(tmp_path):
    dataset = opened("csv", with_labels(tmp_path, [*SPREAD, (2, "val"), (9999, "test")]))
    assert dataset.mos_range == (1.0, pytest.approx(2.9))
    assert "line 23: the label 9999 of pictures/train21.jpg lies far from the others" in dataset.notes[0]


def test_many_labels_far_from_the_others_are_counted(tmp_path):
    far = [(100 + number, "train") for number in range(5)]
    notes = opened("csv", with_labels(tmp_path, [*SPREAD, *far, (2, "val"), (3, "test")])).notes
    places = [note.partition(": ")[0].rpartition("/")[2] for note in notes[:3]]
    assert places == [f"labels.csv, line {number}" for number in (22, 23, 24)]
    assert notes[3:] == ("csv: 2 more labels lie as far from the others",)


def test_labels_that_are_skewed_need_no_note(tmp_path):
    skewed = [(number**3, "train") for number in range(20)]
    assert opened("csv", with_labels(tmp_path, [*skewed, (2, "val"), (3, "test")])).notes == ()


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (
            ["--scale", "0,100"],
            r"line 23: the label 9999 .* is not on the scale of csv, 0 to 100; mend it, or give the",
        ),
        (["--scale", "0,50000"], r"the labels of csv lie between 1 and 9999, all at one end of its scale, 0 to 50000"),
    ],
)
def test_a_label_off_the_scale_is_refused_with_the_flag_that_gives_another(tmp_path, flags, words):
    labels = with_labels(tmp_path, [*SPREAD, (2, "val"), (9999, "test"), *SPREAD])
    with pytest.raises(BadData, match=words):
        opened("csv", labels, *flags)


@pytest.mark.parametrize(("flags", "short"), [([], 384), (["--resize", "100"], 100), (["--resize", "none"], 600)])
def test_images_are_shrunk_to_the_short_side_that_is_asked_for(tmp_path, flags, short):
    labels = write_csv_dataset(tmp_path, train=2, val=1, test=1)
    write_picture(tmp_path / "pictures" / "train0.jpg", width=800, height=600, noise=0.1, seed=1)
    dataset = opened("csv", labels, *flags)
    store = decoded(dataset)
    assert store[0].shape[0] == short
    assert store[1].shape[0] == 72
    told = (
        f"csv: 1 of 4 images were shrunk to a short side of {short} pixels before crops were cut; --resize none leaves"
    )
    assert [note.partition(" them as")[0] for note in store.changes.notes(dataset)] == ([] if short == 600 else [told])
