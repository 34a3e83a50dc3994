from __future__ import annotations

import sys
from pathlib import Path

import pytest

from iqa_tui.__main__ import main
from iqa_tui.commands.net import plain_output


def test_what_is_printed_is_plain_while_it_lasts(capsys: pytest.CaptureFixture[str]) -> None:
    streams = sys.stdout, sys.stderr
    with plain_output():
        print("a\x1b[31m\nb\x9b")
        print("c\x07", file=sys.stderr)
        sys.stdout.writelines(["d\r\n"])
        assert sys.stdout.isatty() is streams[0].isatty()
    assert (sys.stdout, sys.stderr) == streams
    captured = capsys.readouterr()
    assert captured.out == "a\\x1b[31m\nb\\x9b\nd \n"
    assert captured.err == "c\\x07\n"


def test_a_program_without_standard_output_stays_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with plain_output():
        assert sys.stdout is None


def test_an_error_that_quotes_what_was_typed_or_read_is_plain(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "bad\x1b]0;x\x07.toml"
    plan.write_text("name = [")
    assert main(["--runs-dir", str(tmp_path), "plan", str(plan)]) == 2
    assert r"bad\x1b]0;x\x07.toml" in capsys.readouterr().err
