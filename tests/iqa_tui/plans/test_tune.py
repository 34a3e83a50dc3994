"""The grid of a plan is read as it is written, and refused in words with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.errors import PlanError
from iqa_tui.plans.plan import load_plan
from iqa_tui.plans.tune import Tune

ROWS = '[[experiment]]\nid = "F1"\nflags = { loss_type = "l1" }\n'


def tuned(folder: Path, text: str, top: str = "") -> Tune | None:
    path = folder / "my.toml"
    path.write_text(f'name = "my"\n{top}{ROWS}{text}\n')
    return load_plan(str(path)).tune


@pytest.mark.parametrize(
    ("text", "tune"),
    [
        ("", None),
        ("[tune]\nlr = [1e-5, 2e-5]", Tune({"lr": (1e-5, 2e-5)})),
        (
            "[tune]\nlr = [1e-5]\nepochs = 2\nimages = 200\nseeds = [3, 4]",
            Tune({"lr": (1e-5,)}, epochs=2, images=200, seeds=(3, 4)),
        ),
        ('[tune]\nlr_scheduler = ["cosine", "none"]', Tune({"lr_scheduler": ("cosine", "none")})),
        ("[tune]\nno_spaq = [true, false]", Tune({"no_spaq": (True, False)})),
    ],
)
def test_a_grid_is_read(tmp_path: Path, text: str, tune: Tune | None) -> None:
    assert tuned(tmp_path, text) == tune


def test_several_flags_are_tried_in_all_combinations_in_the_order_of_the_plan() -> None:
    tune = Tune({"lr": (2.0, 1.0), "ema": (0.0, 0.9)})
    assert tune.points() == [
        {"lr": 2.0, "ema": 0.0},
        {"lr": 2.0, "ema": 0.9},
        {"lr": 1.0, "ema": 0.0},
        {"lr": 1.0, "ema": 0.9},
    ]
    assert tune.words == "lr 2.0, 1.0; ema 0.0, 0.9"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[tune]", "name a flag with the values to try.*at line 5"),
        ("[tune]\nepochs = 2", "name a flag with the values to try.*at line 5"),
        ("[tune]\nlr = 1e-5", "lr = 1e-05: write a list of the values to try.*at line 6"),
        ("[tune]\nlr = []", "write a list of the values"),
        ("[tune]\nlr = [[1e-5]]", "write a list of the values"),
        ("[tune]\nlr = [1e-5, 1e-5]", "name each value once"),
        ("[tune]\nlr = [1, 1.0]", "name each value once"),
        ('[tune]\nlr = [1e-5, "2e-5"]', "either numbers alone or no numbers"),
        ("[tune]\nlr = [true, 1]", "either numbers alone or no numbers"),
        ("[tune]\nlr = [inf]", "numbers that can be computed with"),
        ('[tune]\nlr_scheduler = ["\\u0000"]', "leave the NUL out"),
        ("[tune]\nlr = [1e-5]\nepochs = 0", "epochs = 0: write a whole number of at least 1.*at line 7"),
        ("[tune]\nlr = [1e-5]\nepochs = true", "whole number of at least 1"),
        ("[tune]\nlr = [1e-5]\nimages = 1.5", "whole number of at least 1"),
        ("[tune]\nlr = [1e-5]\nseeds = 1", "a list of whole numbers of at least 0"),
        ("[tune]\nlr = [1e-5]\nseeds = []", "a list of whole numbers"),
        ("[tune]\nlr = [1e-5]\nseeds = [1, 1]", "name each number once"),
        ("[tune]\nseed = [1, 2]", "cannot be tuned.*at line 6"),
        ('[tune]\ndataset = ["livec", "bid"]', "cannot be tuned"),
        ("[tune]\nlimit_train_images = [10, 20]", "write images = a number"),
        (
            '[tune]\nlr = [1]\nloss_type = ["l1", "l2"]',
            r"experiment F1: flags: loss_type = 'l1': \[tune\] chooses.*line 4",
        ),
    ],
)
def test_what_cannot_be_tuned_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(PlanError, match=words):
        tuned(tmp_path, text)


def test_a_grid_that_is_no_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"tune = 3: write a table: the heading \[tune\].*at line 2"):
        tuned(tmp_path, "", top="tune = 3\n")


def test_an_external_trainer_cannot_be_tuned(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="an external trainer writes no validation score"):
        tuned(tmp_path, "[tune]\nlr = [1]", top='command = ["python", "train.py"]\n')
