"""What a command line cannot ask."""

from __future__ import annotations

import pytest

from tests.fakes.shell import Shell


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["launch", "nope"], 2, "There is no plan 'nope'. Presets: "),
        (["launch", "koniq-losses", "--only", "F9", "--headless"], 2, "no experiment 'F9'"),
        (["launch", "koniq-losses", "--set", "loss_type=l3", "--headless"], 2, "loss_type"),
        (["launch", "koniq-losses", "--set", "epochs", "--headless"], 2, "no FLAG=VALUE"),
        (["launch", "koniq-losses", "--seeds", "a", "--headless"], 2, "no whole numbers"),
        (["launch", "koniq-losses", "--wait", "nan"], 2, "'nan' is no number of seconds"),
        (["launch", "koniq-losses", "--time-limit", "0"], 2, "'0' is no number of hours above 0"),
        (["doctor", "--strategy", "priority"], 2, "unrecognized arguments: --strategy"),
        (["plan", "koniq-losses", "--gpus", "0"], 2, "no number of at least 1"),
        (["stop", "F2"], 2, "There is no run 'F2': there are no runs here yet"),
        (["stop"], 2, "Name the runs to stop"),
        (["retry", "F2"], 2, "There is no run 'F2'"),
        (["export"], 2, "There are no runs in"),
        (["export", "koniq-losses", "--group", "x"], 2, "has no group 'x'. It has none"),
        (["dance"], 2, "invalid choice: 'dance'"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_the_right_code(
    shell: Shell, words: list[str], code: int, error: str
) -> None:
    shell(*words, code=code)
    assert error in shell.errors
