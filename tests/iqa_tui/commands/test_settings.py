"""`iqa-tui settings` names the file, says what holds and what is wrong; the command line obeys the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.__main__ import main
from iqa_tui.commands.parser import parse
from iqa_tui.settings.example import example_text


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IQA_TUI_SETTINGS", str(tmp_path / "s.toml"))
    monkeypatch.delenv("IQA_TUI_READ_ONLY", raising=False)
    (tmp_path / "s.toml").touch(mode=0o600)
    return tmp_path / "s.toml"


def test_it_says_what_holds_and_where_it_comes_from(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text('theme = "dark"\nread_only = true\n[notify]\ncommand = ["a b", "c"]\n[keys]\nstop_run = "f8"\n')
    assert main(["settings"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == [str(path)]
    assert ["theme", "dark", "the", "file"] in lines
    assert ["bell", "never", "usual"] in lines
    assert ["notify.command", "'a", "b'", "c", "the", "file"] in lines
    assert ["keys.stop_run", "f8", "the", "file"] in lines
    assert ["read_only", "true", "true", "by", "read_only", "in", str(path)] in lines


def test_it_says_mistakes_and_that_there_is_no_file(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text('theme = "\\u001b[31m"\n')
    assert main(["settings"]) == 2
    assert f"error: {path}, line 1: theme = '\\x1b[31m': use one of" in capsys.readouterr().err
    path.unlink()
    assert main(["settings"]) == 0
    assert "there is none yet; `iqa-tui settings --example` prints one" in capsys.readouterr().out


def test_it_prints_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "--example"]) == 0
    assert capsys.readouterr().out == example_text()


def test_the_command_line_comes_before_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert (parse([]).runs_dir, parse([]).ascii) == (Path("runs"), False)
    path.write_text('ascii = true\nruns_dir = "~/mine"\n')
    assert (parse([]).runs_dir, parse([]).ascii) == (Path("/home/ann/mine"), True)
    assert parse(["--runs-dir", "other", "status"]).runs_dir == Path("other")
    assert parse(["status", "--runs-dir", "other"]).runs_dir == Path("other")
