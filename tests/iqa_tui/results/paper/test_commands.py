from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.results.paper.commands import again, elsewhere, trainer_command
from tests.fakes.papers import made_content, read_content
from tests.fakes.tuned import tuned_table


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("/home/alice/koniq-10k", "FOLDER/koniq-10k"),
        ("/home/alice/koniq-10k/", "FOLDER/koniq-10k"),
        ("--data_path=/home/alice/koniq-10k", "--data_path=FOLDER/koniq-10k"),
        ("~/koniq-10k", "FOLDER/koniq-10k"),
        ("koniq-10k=/home/alice/koniq:csv=~/a/mine.csv", "koniq-10k=FOLDER/koniq:csv=FOLDER/mine.csv"),
        ("koniq-10k", "koniq-10k"),
        ("--data_path=live=/home/alice/live", "--data_path=live=FOLDER/live"),
        ("--lr=1e-4", "--lr=1e-4"),
    ],
)
def test_no_command_tells_where_a_file_lies_on_one_machine(word: str, shown: str) -> None:
    assert elsewhere(word) == shown


def test_the_launch_and_the_paper_are_commands_that_can_be_typed(tmp_path: Path) -> None:
    content = made_content(tmp_path, srccs={"F1": (0.9, 0.91), "F3": (0.9, 0.91)}, seeds=(1, 2))
    assert again(content) == [
        "iqa-tui launch koniq-losses --only F1,F3 --seeds 1,2",
        "iqa-tui paper koniq-losses --output paper",
    ]
    assert trainer_command(content.runs[0]) == "python -m training --loss_type l1 --run_folder FOLDER/run"


def test_the_command_of_a_tuned_run_has_what_was_chosen(tmp_path: Path) -> None:
    tuned_table(tmp_path, experiments=("F1", "F3"))
    first, second = map(trainer_command, read_content(tmp_path).runs)
    assert (first.endswith(" --lr 5e-6"), second.endswith(" --lr 1e-5")) == (True, True)
