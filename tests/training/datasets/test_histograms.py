"""Histograms of opinions: where they come from, where the answers lie, and what is refused."""

import csv
from pathlib import Path

import numpy as np
import pytest

from tests.fakes.opened_datasets import edit, opened
from tests.fakes.photographs import write_csv_dataset, write_koniq, write_opinions, write_rows
from tests.golden.expected import koniq_labels
from training.datasets.histograms import with_answers
from training.datasets.koniq10k import WITH_SETS, open_koniq10k
from training.errors import BadData

EMD = ("--loss_type", "emd")


def changed(labels: Path, change) -> Path:
    """The same table, its rows (dicts) put through `change`."""
    with labels.open(newline="") as file:
        rows = [change(dict(row)) for row in csv.DictReader(file)]
    return write_rows(labels, tuple(rows[0]), [tuple(row.values()) for row in rows])


def test_a_users_table_tells_how_many_people_gave_each_answer(tmp_path):
    dataset = opened("csv", write_opinions(tmp_path), *EMD)
    first = dataset.split("train")[0]
    assert first.histogram == (0, 0, 0, 0.4, 0.6)
    assert first.mos == pytest.approx(4.6)
    assert dataset.answers == pytest.approx((1, 2, 3, 4, 5), abs=1e-3)


def test_another_number_of_answers_is_read_if_it_is_asked_for(tmp_path):
    dataset = opened("csv", write_opinions(tmp_path, answers=9), *EMD, "--answers", "9")
    assert dataset.answers == pytest.approx(range(1, 10), abs=1e-3)


def test_a_label_on_another_scale_than_the_answers_places_them_there(tmp_path):
    labels = changed(write_opinions(tmp_path), lambda row: row | {"mos": 25 * float(row["mos"]) - 20})
    assert opened("csv", labels, *EMD).answers == pytest.approx((5, 30, 55, 80, 105), abs=0.03)


def test_answers_are_turned_round_with_labels_of_which_lower_is_better(tmp_path):
    labels = write_opinions(tmp_path)
    plain = opened("csv", labels, *EMD, "--scale", "1,5")
    turned = opened("csv", labels, *EMD, "--scale", "1,5", "--lower_is_better")
    assert turned.items[0].histogram == plain.items[0].histogram[::-1]
    assert turned.answers == pytest.approx((1, 2, 3, 4, 5), abs=1e-3)


def test_without_the_loss_columns_of_these_names_mean_nothing(tmp_path):
    labels = changed(write_opinions(tmp_path), lambda row: row | {"c1": "a note"})
    dataset = opened("csv", labels)
    assert dataset.items[0].histogram is None
    assert dataset.answers == ()


def test_koniqs_real_histograms_give_its_labels_to_one_and_a_half_points(tmp_path):
    rows = koniq_labels()
    write_rows(tmp_path / WITH_SETS, tuple(rows[0]), [tuple(row.values()) for row in rows])
    dataset = with_answers(open_koniq10k(tmp_path), 5)
    means = [np.dot(item.histogram, dataset.answers) for item in dataset.items]
    errors = np.array(means) - np.array([item.mos for item in dataset.items])
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(1.49, abs=0.02)
    assert np.diff(dataset.answers) == pytest.approx(27.8, abs=0.1)


def test_a_limited_run_has_the_answers_where_the_whole_training_split_has_them(tmp_path):
    labels = write_opinions(tmp_path)
    limited = opened("csv", labels, *EMD, "--limit_train_images", "2")
    assert limited.answers == opened("csv", labels, *EMD).answers


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda row: {k: v for k, v in row.items() if k[:1] != "c"}, r"labels.csv: no column c1; .* columns c1 to c5"),
        (lambda row: {k: v for k, v in row.items() if k != "c5"}, r"no column c5; .*--answers N"),
        (lambda row: row | {"c6": 0}, r"there is a column c6 too; .*--answers N"),
        (lambda row: row | {"c2": -1}, r"line 2: column c2 holds -1; an answer is given by 0 people or more"),
        (lambda row: row | {"c2": "many"}, r"line 2: column c2 holds 'many', which is no number"),
        (lambda row: row | {"c2": ""}, r"line 2: column c2 is empty"),
        (lambda row: row | dict.fromkeys(("c1", "c2", "c3", "c4", "c5"), 0), r"line 2: the columns c1 to c5 are all 0"),
        (
            lambda row: row | {f"c{n}": row[f"c{6 - n}"] for n in range(1, 6)},
            r"labels.csv: the labels do not follow the mean answers of c1 to c5 \(correlation -1.00 over 10 training",
        ),
        (
            lambda row: row | {"c1": 1, "c2": 1, "c3": 1, "c4": 1, "c5": 1},
            r"all training images have one mean answer",
        ),
    ],
)
def test_histograms_that_are_not_there_or_do_not_fit_are_refused_with_the_file(tmp_path, change, words):
    labels = changed(write_opinions(tmp_path), change)
    with pytest.raises(BadData, match=words):
        opened("csv", labels, *EMD)


def test_a_mean_and_a_spread_are_no_histogram_and_none_is_made_up(tmp_path):
    with pytest.raises(BadData, match="A mean and a spread do not say it"):
        opened("csv", write_csv_dataset(tmp_path), *EMD)


def test_koniq_without_the_counts_of_one_image_is_refused_with_its_line_by_this_loss_alone(tmp_path):
    edit(write_koniq(tmp_path, train=20) / WITH_SETS, "training0.jpg,0,0.1", "training0.jpg,,0.1")
    with pytest.raises(BadData, match=r"line 2: no histogram of the opinions on training0.jpg \(none\)"):
        opened("koniq-10k", tmp_path, *EMD)
    assert len(opened("koniq-10k", tmp_path).split("train")) == 20
