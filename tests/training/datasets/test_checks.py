"""What every data set must be: a scale that its labels fit."""

import pytest

from tests.fakes.opened_datasets import opened
from tests.fakes.photographs import write_rows
from tests.fakes.public_datasets import link_pictures, write_agiqa, write_spaq
from training.datasets import open_cross_dataset
from training.datasets.base import Dataset, Item
from training.datasets.checks import check_fills_scale
from training.errors import BadData
from training.flags import parse


def labelled(tmp_path, labels, scale) -> Dataset:
    items = [
        Item(str(n), tmp_path / str(n), mos, None, "test", str(n), f"x.csv, line {n}") for n, mos in enumerate(labels)
    ]
    return Dataset("spaq", tuple(items), scale)


@pytest.mark.parametrize(
    ("labels", "scale"),
    [
        ([1.0, 3.0, 5.0], (0, 100)),
        ([n / 10 for n in range(11, 50)], (0, 100)),
        ([n / 50 for n in range(50)], (0, 5)),
        ([n / 50 for n in range(50)], (1, 5)),
        ([n / 50 for n in range(50)], (0, 9)),
        ([100 - n / 50 for n in range(50)], (0, 100)),
    ],
)
def test_labels_that_crowd_at_one_end_of_the_scale_are_on_another(tmp_path, labels, scale):
    with pytest.raises(BadData, match=r"x\.csv, line \d+: the labels of spaq lie between .* they are on another scale"):
        check_fills_scale(labelled(tmp_path, labels, scale))


@pytest.mark.parametrize(
    ("labels", "scale"),
    [
        ([1.0, 3.0, 6.0], (0, 100)),
        ([3.9 + n for n in range(84)], (0, 100)),
        ([1.0, 2.0], (0, 100)),
        ([0.2 + n / 8 for n in range(50)], (0, 9)),
        ([30 + n / 10 for n in range(50)], (0, 100)),
    ],
)
def test_labels_that_reach_out_of_the_end_of_the_scale_are_taken(tmp_path, labels, scale):
    dataset = labelled(tmp_path, labels, scale)
    assert check_fills_scale(dataset) is dataset


def test_a_data_set_on_another_scale_is_refused_before_a_limit_and_as_another_data_set(tmp_path):
    names = [f"{number}.jpg" for number in range(40)]
    folder = write_agiqa(tmp_path)
    link_pictures(folder / "images", names)
    rows = [(name, number / 40, 0.1) for number, name in enumerate(names)]
    write_rows(folder / "data.csv", ("name", "mos_quality", "std_quality"), rows)
    flags = ["--limit_train_images", "3", "--limit_test_images", "2"]
    with pytest.raises(BadData, match=r"data\.csv, line 41: the labels of agiqa-3k lie between 0 and 0\.975"):
        opened("agiqa-3k", folder, *flags)
    with pytest.raises(BadData, match="on another scale"):
        open_cross_dataset("agiqa-3k", folder, parse(["--dataset", "demo", *flags]))


def test_few_images_need_not_fill_the_scale(tmp_path):
    assert len(opened("spaq", write_spaq(tmp_path, 20)).items) == 20
