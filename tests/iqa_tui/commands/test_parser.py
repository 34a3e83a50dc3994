"""What a command line cannot ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui import __main__
from iqa_tui.commands.exit_codes import OpenApp
from iqa_tui.commands.parser import parse, with_folder
from tests.fakes.shell import Shell


@pytest.mark.parametrize(
    ("words", "runs_dir", "command"),
    [
        (["results here"], "results here", None),
        (["--ascii", "results here"], "results here", None),
        (["results here", "--ascii"], "results here", None),
        (["./status"], "status", None),
        (["status"], "runs", "status"),
        (["--runs-dir", "results here", "status"], "results here", "status"),
        (["results here", "status"], "results here", "status"),
    ],
)
def test_a_folder_in_the_place_of_a_command_is_the_folder_of_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], runs_dir: str, command: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("results here", "status"):
        Path(name).mkdir()
    options = parse(words)
    assert (str(options.runs_dir), options.command) == (runs_dir, command)


def test_a_word_that_is_no_folder_stays_a_command(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for word in ("dance", str(tmp_path / "file"), str(tmp_path / "not there")):
        assert with_folder([word], ["status"]) == [word]
    assert with_folder(["--runs-dir"], ["status"]) == ["--runs-dir"]


def test_a_folder_opens_the_app_on_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[OpenApp] = []
    monkeypatch.setattr("iqa_tui.commands.home.has_terminal", lambda: True)
    monkeypatch.setattr(__main__, "_open", lambda wish: opened.append(wish) or 0)
    assert __main__.main([str(tmp_path)]) == 0
    assert [wish.runs_dir for wish in opened] == [tmp_path]


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


@pytest.mark.parametrize("command", [("status",), ("findings",), ("launch", "demo")])
def test_a_file_is_no_folder_of_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    file = tmp_path / "file"
    file.touch()
    assert __main__.main(["--runs-dir", str(file), *command]) == 2
    assert f"{file} is no folder, so it holds no runs. Name another by --runs-dir." in capsys.readouterr().err
