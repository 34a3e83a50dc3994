"""The flags of `python -m training`."""

import shlex
import subprocess
import sys

import pytest

from tests.fakes.trainer_processes import F2
from training.flags import command_of, parse
from training.runfolder.facts import read_facts

PUBLISHED_DEFAULTS = {
    "train_patch_num": 25,
    "test_patch_num": 25,
    "lr": 2e-5,
    "weight_decay": 5e-4,
    "lr_ratio": 10.0,
    "batch_size": 96,
    "epochs": 16,
    "patch_size": 224,
    "train_test_num": 10,
    "ranking_loss_alpha": 0.5,
    "ranking_loss_margin": 0.1,
    "loss_type": "l1",
    "patience": 5,
    "no_early_stopping": False,
    "no_multiscale": False,
    "attention_fusion": False,
    "drop_path_rate": 0.2,
    "dropout_rate": 0.3,
    "model_size": "tiny",
    "lr_scheduler": "cosine",
    "no_lr_scheduler": False,
    "test_random_crop": False,
    "no_spaq": False,
    "no_color_jitter": False,
}


def refused(capsys: pytest.CaptureFixture[str], *flags: str) -> str:
    with pytest.raises(SystemExit) as left:
        parse(list(flags))
    assert left.value.code == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_the_published_defaults_are_kept():
    config = parse(["--dataset", "demo"]).as_dict()
    assert {name: config[name] for name in PUBLISHED_DEFAULTS} == PUBLISHED_DEFAULTS


def test_the_published_command_is_taken_as_written():
    config = parse(F2)
    assert (config.network_name, config.backbone_name) == ("swin-base", "swin_base_patch4_window7_224.ms_in22k_ft_in1k")
    assert (config.loss_type, config.lr, config.ranking_loss_alpha, config.epochs) == ("l2", 5e-6, 0.0, 5)


def test_check_prints_the_settings_without_loading_torch():
    program = (
        "import sys; from training.__main__ import main; code = main(sys.argv[1:]); "
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules; sys.exit(code)"
    )
    ended = subprocess.run([sys.executable, "-c", program, *F2, "--check"], capture_output=True, text=True, check=True)
    assert read_facts(ended.stdout).loss_type == "l2"


def test_the_published_default_data_set_is_the_default():
    assert parse([]).dataset == "livec"


def test_an_unknown_data_set_is_refused_with_what_there_is(capsys):
    line = refused(capsys, "--dataset", "koniq")
    assert line.startswith("error: ")
    assert "koniq-10k" in line


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--train_test_num", "0"), "--train_test_num: 0 is not at least 1"),
        (("--loss_type", "huber"), "huber"),
        (("--lr", "0"), "--lr"),
        (("--lr", "nan"), "--lr"),
        (("--epochs", "-1"), "--epochs"),
        (("--scale", "1"), "--scale: '1' is not LOW,HIGH, such as 1,5"),
        (("--scale", "5,1"), "--scale: '5,1': LOW must be below HIGH"),
        (("--scale", "1,inf"), "--scale: '1,inf': LOW must be below HIGH"),
        (("--scale", "1,x"), "--scale: 'x' is no number"),
        (("--scale", "1,5"), "are for --dataset csv"),
        (("--lower_is_better",), "are for --dataset csv"),
        (("--resize", "none"), "are for --dataset csv"),
        (("--resize", "0"), "--resize: 0 is not at least 1"),
        (("--resize", "small"), "--resize: 'small' is no whole number"),
        (("--epochs", "abc"), "--epochs: 'abc' is no whole number"),
        (("--lr", "fast"), "--lr: 'fast' is no number"),
        (("--batch_size", "-1"), "--batch_size"),
        (("--dropout_rate", "1"), "--dropout_rate"),
        (("--seed", "-1"), "--seed"),
        (("--seed", str(2**70)), "--seed: 1180591620717411303424 is larger than 9223372036854775807"),
        (("--device", "tpu"), "--device"),
        (("--attention_fusion", "--no_multiscale"), "--no_multiscale"),
        (("--resume",), "--run_folder"),
        (
            ("--loss_type", "srcc", "--batch_size", "2"),
            "--loss_type srcc compares images and has no gradient for fewer than 3",
        ),
        (("--loss_type", "plcc", "--batch_size", "2"), "fewer than 3 crops"),
        (("--loss_type", "nin", "--batch_size", "2"), "fewer than 3 crops"),
        (("--loss_type", "rank", "--batch_size", "1"), "fewer than 2 crops"),
        (("--loss_type", "pairwise", "--batch_size", "1"), "fewer than 2 crops"),
        (("--batch", "3"), "--batch"),
        (("--loss_type", "l1+0*srcc"), "--loss_type: the weight of srcc, 0, is not a number above 0"),
        (("--loss_type", "l1+-1*srcc"), "the weight of srcc, -1, is not a number above 0"),
        (("--loss_type", "l1+inf*srcc"), "the weight of srcc, inf, is not a number above 0"),
        (("--loss_type", "l1+nan*srcc"), "the weight of srcc, nan, is not a number above 0"),
        (("--loss_type", "l1+half*srcc"), "'half' is no weight of srcc: write a number above 0, such as l1+0.5*srcc"),
        (("--loss_type", "l1+*srcc"), "'' is no weight of srcc"),
        (("--loss_type", "l1+ssim"), "'ssim' is no loss: write one of l1, l2, srcc, rank, pairwise, plcc, nin"),
        (("--loss_type", "l1++srcc"), "'l1++srcc' lacks a loss"),
        (("--loss_type", ""), "'' lacks a loss"),
        (("--loss_type", "l1+0.5*srcc+2*l1"), "'l1+0.5*srcc+2*l1' has l1 twice"),
        (("--loss_type", "l1+0.5*srcc", "--batch_size", "2"), "--loss_type l1+0.5*srcc compares images"),
        (
            ("--loss_type", "l1+0.5*ranking", "--ranking_loss_alpha", "0.5"),
            "--ranking_loss_alpha adds the ranking term to the loss, and --loss_type has it already",
        ),
    ],
)
def test_a_refused_flag_is_named_in_the_last_line(capsys, flags, words):
    line = refused(capsys, "--dataset", "demo", *flags)
    assert line.startswith("error: ")
    assert words in line


def test_a_csv_data_set_needs_its_file(capsys):
    assert "--data_path FILE.csv" in refused(capsys, "--dataset", "csv")


@pytest.mark.parametrize(
    "flags",
    [
        F2,
        ["--dataset", "csv", "--data_path", "my scores/it's.csv", "--train_test_num", "1"],
        ["--dataset", "csv", "--data_path", "x.csv", "--scale", "-1,2.5", "--lower_is_better", "--resize", "none"],
        ["--no_multiscale", "--no_lr_scheduler", "--no_early_stopping", "--weights", "none", "--precision", "fp32"],
        ["--lr", "1.25e-07", "--limit_train_images", "3", "--pairwise_sd", "uniform", "--protocol", "published"],
        ["--loss_type", "l1 + 0.5 * srcc"],
        ["--loss_type", "l1+1e20*srcc", "--ranking_loss_alpha", "0.5"],
        ["--loss_type", "2*ranking"],
        ["--backbone", "resnet50.a1_in1k", "--ranking_loss_alpha", "0", "--lr_scheduler", "step", "--seed", "7"],
    ],
)
def test_the_command_of_a_run_means_the_same_run(flags):
    config = parse(flags)
    words = shlex.split(command_of(config))
    assert words[:3] == ["python", "-m", "training"]
    assert parse(words[3:]) == config


@pytest.mark.parametrize(
    ("loss", "size"),
    [
        *(("l1", 1), ("l2", 1), ("smooth_l1", 1), ("l1+0.5*l2", 1)),
        *(("rank", 2), ("pairwise", 2), ("l1+ranking", 2), ("srcc", 3), ("nin", 3), ("srcc+rank", 3)),
    ],
)
def test_the_smallest_batch_that_a_loss_can_use_is_taken(loss, size):
    assert parse(["--dataset", "demo", "--loss_type", loss, "--batch_size", str(size)]).batch_size == size
    assert parse(["--dataset", "demo", "--loss_type", loss, "--batch_size", "1", "--epochs", "0"]).epochs == 0


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("l1+0.5*srcc", "l1+0.5*srcc"),
        (" l1 + 0.5 * srcc ", "l1+0.5*srcc"),
        ("1*l1", "l1"),
        ("1.0*l1+.50*srcc", "l1+0.5*srcc"),
        ("2.0*l1+1e-1*plcc+nin", "2*l1+0.1*plcc+nin"),
    ],
)
def test_a_sum_of_losses_has_one_spelling(typed, kept):
    assert parse(["--dataset", "demo", "--loss_type", typed]).loss_type == kept


@pytest.mark.parametrize(
    ("loss", "alpha"), [("l1", 0.5), ("2*l1", 0.5), ("nin", 0.5), ("l1+0.5*srcc", 0), ("ranking", 0), ("2*ranking", 0)]
)
def test_nothing_is_added_unasked_to_a_sum_of_losses(loss, alpha):
    flags = ["--dataset", "demo", "--loss_type", loss]
    assert parse(flags).ranking_loss_alpha == alpha
    assert parse([*flags, "--ranking_loss_alpha", "0"]).ranking_loss_alpha == 0
