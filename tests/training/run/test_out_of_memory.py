"""The advice to a run that a GPU has no room for."""

import pytest

from training.flags import parse
from training.progress import Progress
from training.run.out_of_memory import out_of_memory


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ("--batch_size 32 --ranking_loss_alpha 0", "--batch_size 16 --accumulate 2 (steps of the same 32 crops), or"),
        (
            "--batch_size 32 --accumulate 4 --loss_type emd",
            "--batch_size 16 --accumulate 8 (steps of the same 128 crops",
        ),
        ("--batch_size 32 --loss_type srcc", "--accumulate 2 (steps of the same 32 crops, compared 16 at a time), or"),
        (
            "--batch_size 32",
            "--accumulate 2 (steps of the same 32 crops, compared 16 at a time), or",
        ),  # the ranking term
        ("--batch_size 33 --ranking_loss_alpha 0", "--batch_size 11 --accumulate 3 (steps of the same 33 crops), or"),
        ("--batch_size 12 --processes 4 --ranking_loss_alpha 0", "--batch_size 4 --accumulate 3 (steps of the same 12"),
        ("--batch_size 20 --processes 4", "start a new run with --batch_size 8, or"),
        ("--batch_size 31", "start a new run with --batch_size 15, or"),
        ("--batch_size 5 --loss_type srcc", "start a new run with --batch_size 3, or"),
        ("--batch_size 3 --loss_type srcc", "epoch 1: --resume this one on a GPU"),
        ("--batch_size 1", "epoch 1: --resume this one on a GPU"),
    ],
)
def test_a_batch_without_room_is_parted_into_batches_whose_steps_have_as_many_crops(flags: str, words: str) -> None:
    config = parse(["--dataset", "csv", "--data_path", "x.csv", *flags.split()])
    told = str(out_of_memory(config, Progress()))
    assert words in told
    advised = told.partition("start a new run with ")[2].partition(" (")[0].partition(",")[0].split()
    assert (
        parse([*["--dataset", "csv", "--data_path", "x.csv"], *flags.split(), *advised]).batch_size <= config.batch_size
    )
