"""The flags of the loss, and what is refused of them."""

import shlex

import pytest

from tests.fakes.photographs import write_csv_dataset, write_opinions
from training.dataset_check import main as check_data
from training.flags import command_of, parse

OWN = "--dataset csv --data_path x.csv"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--dataset biq2021 --loss_type emd", r"biq2021 (data/biq2021) tells a mean of each image"),
        (
            "--dataset demo --loss_type l1+emd",
            "--dataset koniq-10k (koniq10k_distributions_sets.csv has the columns c1",
        ),
        ("--dataset spaq --loss_type emd --answers 9", "has the columns c1 to c9 beside image and mos"),
        ("--dataset koniq-10k --loss_type emd --answers 9", "is one of 5 answers; leave the flag out"),
        (f"{OWN} --answers 9", "--answers is for a loss with emd in it"),
        (f"{OWN} --loss_type emd --answers 1", "1 is not at least 2"),
        ("--dataset koniq-10k+spaq --loss_type emd", "the answers of two studies are not the same: take one data set"),
        ("--dataset koniq-10k --loss_type emd+thurstone", "one sum cannot have both"),
        ("--dataset koniq-10k --loss_type thurstone --batch_size 1", "no gradient for fewer than 2 crops"),
        ("--dataset koniq-10k --loss_type emd+rank --batch_size 1", "no gradient for fewer than 2 crops"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(capsys, flags, words):
    with pytest.raises(SystemExit) as ended:
        parse(flags.split())
    assert ended.value.code == 2
    assert words in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("loss", "outputs", "alpha"),
    [
        ("l1", 1, 0.5),
        ("emd", 9, 0),
        ("2*emd", 9, 0),
        ("thurstone", 2, 0),
        ("emd+0.5*rank", 9, 0),
        ("l1+thurstone", 2, 0),
    ],
)
def test_the_loss_says_how_many_numbers_the_network_gives_and_the_ranking_term_is_beside_single_ones(
    loss, outputs, alpha
):
    answers = ["--answers", "9"] if "emd" in loss else []
    config = parse([*OWN.split(), "--loss_type", loss, *answers])
    assert config.outputs == outputs
    assert config.ranking_loss_alpha == alpha
    assert parse(shlex.split(command_of(config))[3:]) == config


def test_weights_that_learnt_a_histogram_are_scored_on_any_data_set():
    assert (
        parse(["--dataset", "biq2021", "--loss_type", "emd", "--epochs", "0", "--weights", "best.pt"]).learns_histogram
        is False
    )


def test_a_run_from_before_the_flag_had_five_answers():
    config = parse([*OWN.split(), "--loss_type", "emd"])
    before = config.as_dict()
    del before["answers"]
    assert config.what_differs(before) == []
    assert parse([*OWN.split(), "--loss_type", "emd", "--answers", "7"]).what_differs(before) == ["answers"]


def test_the_check_of_the_data_looks_for_the_columns_of_the_answers(tmp_path, capsys):
    flags = ["--dataset", "csv", "--loss_type", "emd", "--data_path"]
    assert check_data([*flags, str(write_opinions(tmp_path / "with"))]) == 0
    without = write_csv_dataset(tmp_path / "without")
    assert check_data([*flags, str(without)]) == 4
    assert f"error: {without}: no column c1; --loss_type emd needs the columns c1 to c5" in capsys.readouterr().err
