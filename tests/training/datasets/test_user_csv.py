"""The user's own CSV: columns, split and groups."""

import unicodedata

import pytest

from tests.fakes.opened_datasets import counts, opened
from tests.fakes.photographs import write_csv_dataset, write_rows
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
