"""KonIQ-10k: its label files, its folders and its official split."""

import json

import numpy as np
import pytest

from tests.fakes.opened_datasets import counts, decoded, edit, item_of, opened
from tests.fakes.photographs import write_koniq, write_rows
from tests.fakes.public_datasets import (
    link_pictures,
    write_published_koniq,
)
from tests.golden.expected import koniq_labels
from training.datasets.koniq10k import SD_SCALE, WITH_SETS, WITHOUT_SETS, open_koniq10k
from training.errors import BadData


def test_koniq_has_its_official_split_and_one_scale_for_mos_and_sd(tmp_path):
    dataset = opened("koniq-10k", write_koniq(tmp_path))
    assert counts(dataset) == {"train": 4, "val": 2, "test": 2}
    first = dataset.items[0]
    assert first.mos == 80
    assert dataset.to_training(first.mos) == pytest.approx(0.8)
    assert dataset.sd_to_training(first.mos_sd) == pytest.approx(0.5 * 27.8 / 100)
    assert dataset.from_training(dataset.to_training(37.5)) == pytest.approx(37.5)


def test_koniq_is_brought_to_384_high_and_512_wide(tmp_path):
    store = decoded(opened("koniq-10k", write_koniq(tmp_path)))
    assert store[0].shape == (384, 512, 3)


def test_koniqs_real_labels_are_read_with_all_10073_images(tmp_path):
    rows = koniq_labels()
    write_rows(tmp_path / WITH_SETS, tuple(rows[0]), [tuple(row.values()) for row in rows])
    dataset = open_koniq10k(tmp_path)
    assert counts(dataset) == {"train": 7058, "val": 1000, "test": 2015}
    sds = [dataset.sd_to_training(item.mos_sd) for item in dataset.items]
    assert np.mean(sds) == pytest.approx(0.16, abs=0.005)
    mos = [item.mos for item in dataset.items]
    assert 0 < min(mos) < 10
    assert 85 < max(mos) < 100
    answers = [(sum(n * float(row[f"c{n}"]) for n in range(1, 6)), float(row["MOS"])) for row in rows]
    slope = np.polyfit(*zip(*answers, strict=True), 1)[0]
    assert slope == pytest.approx(SD_SCALE, abs=0.5)  # SD is on the scale of the answers, MOS is not


def test_koniqs_other_label_file_is_read_by_zscore_and_says_that_it_has_no_split(tmp_path):
    write_koniq(tmp_path, train=20)
    (tmp_path / "koniq10k_distributions_sets.csv").unlink()
    rows = [(f"training{number}.jpg", 3.1, 0.5, 20 + number) for number in range(20)]
    write_rows(tmp_path / "koniq10k_scores_and_distributions.csv", ("image_name", "MOS", "SD", "MOS_zscore"), rows)
    dataset = opened("koniq-10k", tmp_path)
    assert counts(dataset) == {"train": 14, "val": 2, "test": 4}
    assert {item.mos for item in dataset.items} == {float(20 + number) for number in range(20)}
    assert "no official split" in dataset.notes[0]


def test_a_set_that_koniq_does_not_have_is_refused(tmp_path):
    edit(write_koniq(tmp_path) / "koniq10k_distributions_sets.csv", "0.5,training", "0.5,practice")
    with pytest.raises(BadData, match="line 2: column set holds 'practice'"):
        opened("koniq-10k", tmp_path)


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


@pytest.mark.parametrize("labels", [WITHOUT_SETS, WITH_SETS])
def test_published_koniq_has_the_split_of_its_own_files_and_the_labels_of_the_csv(tmp_path, labels):
    write_published_koniq(tmp_path)
    column = "MOS_zscore" if labels == WITHOUT_SETS else "MOS"
    names = [*(f"train{number}.jpg" for number in range(4)), *(f"test{number}.jpg" for number in range(3))]
    rows = [(name, 0.5, 31.5 + number) for number, name in enumerate(names)]
    write_rows(tmp_path / labels, ("image_name", "SD", column), rows)
    for path in tmp_path.glob("*.json"):  # opinions from 1 to 5 beside the labels change nothing
        path.write_text(json.dumps([{**entry, "score": 3.1} for entry in json.loads(path.read_text())]))
    dataset = opened("koniq-10k", tmp_path, "--protocol", "published")
    assert counts(dataset) == {"train": 4, "val": 0, "test": 3}
    assert [item.mos for item in dataset.items] == [31.5 + number for number in range(7)]
    assert dataset.sd_to_training(dataset.items[0].mos_sd) == pytest.approx(0.5 * SD_SCALE)
    assert dataset.notes == ()


def test_published_koniq_without_a_label_file_says_whose_labels_it_has(tmp_path):
    (note,) = opened("koniq-10k", write_published_koniq(tmp_path), "--protocol", "published").notes
    assert "the labels are the scores of koniq_train.json and koniq_test.json" in note
    assert "MOS_zscore" in note


def test_published_scores_on_the_scale_of_the_answers_are_refused(tmp_path):
    write_published_koniq(tmp_path)
    for path in tmp_path.glob("*.json"):
        entries = json.loads(path.read_text())
        path.write_text(json.dumps([{**entry, "score": entry["score"] / 20} for entry in entries]))
    words = (
        r"koniq_train\.json, entry 4: the labels of koniq-10k lie between 1 and 2.5, .*0 to 100: they are on another"
    )
    with pytest.raises(BadData, match=words):
        opened("koniq-10k", tmp_path, "--protocol", "published")


def test_a_published_image_without_a_label_is_refused(tmp_path):
    write_published_koniq(tmp_path)
    write_rows(tmp_path / WITHOUT_SETS, ("image_name", "SD", "MOS_zscore"), [("train0.jpg", 0.5, 40)])
    with pytest.raises(
        BadData, match=r"koniq_train\.json, entry 2: image train1\.jpg has no label in .*scores_and_dist"
    ):
        opened("koniq-10k", tmp_path, "--protocol", "published")


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
