"""`iqa-tui doctor --notify` tries the command once and says what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iqa_tui.__main__ import main


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IQA_TUI_SETTINGS", str(tmp_path / "s.toml"))
    monkeypatch.setenv("IQA_TUI_STATE", str(tmp_path / "state"))
    (tmp_path / "s.toml").touch(mode=0o600)
    return tmp_path / "s.toml"


def test_it_says_that_the_command_took_the_event(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path.write_text(f'[notify]\ncommand = ["tee", "{tmp_path}/told"]\n')
    assert main(["doctor", "--notify"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"ok       notify    tee {tmp_path}/told: exit code 0 after")
    assert json.loads((tmp_path / "told").read_text())["event"] == "test"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no command is set"),
        ('[notify]\ncommand = "x"', "line 2: command = 'x': write a list of texts"),
        ('[notify]\ncommand = ["/nowhere/x"]', "/nowhere/x: cannot be run: /nowhere/x: No such file"),
        ('[notify]\ncommand = ["sh", "-c", "echo no such user >&2; exit 7"]', "exit code 7"),
    ],
)
def test_it_says_what_is_wrong(path: Path, text: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text(text)
    assert main(["doctor", "--notify"]) == 4
    said = capsys.readouterr().out
    assert said.startswith("BLOCKED  notify")
    assert words in said
    if "exit 7" in text:
        assert "it printed: no such user" in said
