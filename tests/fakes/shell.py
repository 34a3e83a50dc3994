"""Commands run in this process, on the lab's runs."""

from __future__ import annotations

import json
import sys

import pytest

from iqa_tui.__main__ import main
from tests.fakes.lab import STUB, Lab


class Shell:
    """Runs commands in this process, on the lab's runs."""

    def __init__(self, lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
        self._lab = lab
        self._capsys = capsys
        self.errors = ""

    def __call__(self, *words: str, code: int = 0) -> str:
        try:
            returned = main(["--runs-dir", str(self._lab.runs_dir), *words])
        except SystemExit as ended:
            returned = int(ended.code or 0)
        captured = self._capsys.readouterr()
        self.errors = captured.err
        assert returned == code, captured
        return captured.out


@pytest.fixture
def shell(lab: Lab, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(lab, capsys)


def plan_file(lab: Lab, text: str) -> str:
    path = lab.folder / "stub.toml"
    command = json.dumps([sys.executable, str(STUB), "--run_folder", "{run_folder}"])
    path.write_text(f'name = "stub"\ncommand = {command}\n{text}')
    return str(path)


ONE_GOOD_ONE_BAD = """
[[experiment]]
id = "A"
label = "good"
flags = { seconds = 1 }
[[experiment]]
id = "B"
label = "bad"
flags = { exit = 3, say = "error: the moon is full" }
"""
LONG = '[[experiment]]\nid = "A"\nlabel = "long"\nflags = { seconds = 60 }\n'
