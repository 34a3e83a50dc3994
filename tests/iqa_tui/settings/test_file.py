"""The settings file: what it says holds, a mistake is said with its line and what is allowed, and never costs more."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.settings.example import example_text
from iqa_tui.settings.file import SettingsRead, line_of, read_settings, settings_path
from iqa_tui.settings.read_only import READ_ONLY_VARIABLE, is_read_only, read_only_source
from iqa_tui.settings.values import Notify, Settings

EVERYTHING = """\
theme = "light"
ascii = true
read_only = true
runs_dir = "~/runs"
title = false
bell = "trouble"
osc = 9
[notify]
command = ["mail", "me"]
when = "trouble"
timeout_seconds = 5
[keys]
stop_run = "ctrl+k"
"room('launch')" = ["f1", "?"]
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IQA_TUI_SETTINGS", str(tmp_path / "s.toml"))
    return tmp_path / "s.toml"


def read(path: Path, text: str) -> SettingsRead:
    path.write_text(text)
    path.chmod(0o600)
    return read_settings()


def test_without_a_file_the_usual_values_hold(path: Path) -> None:
    found = read_settings()
    assert found == SettingsRead(path, is_there=False, settings=Settings())


def test_all_that_it_says_holds(path: Path) -> None:
    found = read(path, EVERYTHING)
    assert found.mistakes == ()
    assert found.settings == Settings(
        theme="light",
        ascii=True,
        read_only=True,
        runs_dir="~/runs",
        title=False,
        bell="trouble",
        osc="9",
        keys={"stop_run": ("ctrl+k",), "room('launch')": ("f1", "?")},
        notify=Notify(("mail", "me"), "trouble", 5.0),
    )
    assert {"theme", "notify.when", "keys.stop_run"} <= found.named


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('ascii = true\ntheme = "drak"', 2, """theme = 'drak': use one of "auto", "dark", "light"."""),
        ('bell = "loud"', 1, """bell = 'loud': use one of "never", "trouble", "always"."""),
        ("osc = 8", 1, """osc = 8: use one of "off", "9", "777"."""),
        ('ascii = "yes"', 1, "ascii = 'yes': write true or false."),
        ("runs_dir = 3", 1, "runs_dir = 3: write a text in quotes."),
        ('thme = "dark"', 1, "thme = 'dark': there is no such setting. Did you mean theme?"),
        ("xyzzy = 1", 1, "There are theme, ascii, read_only, runs_dir, title, bell, osc, keys, notify."),
        ('\n[notify]\n\ncommand = "mail me"', 4, "write a list of texts, the program first"),
        ('[notify]\nwhen = "never"', 2, """when = 'never': use one of "trouble", "always"."""),
        ("[notify]\ntimeout_seconds = 0", 2, "timeout_seconds = 0: write a number of seconds from 1 to 300."),
        ("[notify]\ntimeout_seconds = true", 2, "write a number of seconds"),
        ('notify = "x"', 1, "write a table, [notify] on a line of its own."),
        ('[keys]\nstop_rnu = "K"', 2, "stop_rnu = 'K': there is no such action. Did you mean stop_run?"),
        ('[keys]\nxyzzy = "K"', 2, "`iqa-tui settings --example` lists all."),
        ('[keys]\n"move(1)" = "KK"', 2, "'KK' is no key. Write one letter or sign, ctrl+k, shift+f5"),
        ('[keys]\nstop_run = "ctrl+c"', 2, "ctrl+c cannot be used: it interrupts."),
        ('[keys]\nstop_run = "shift+k"', 2, "shift+k: write 'K'."),
        ("[keys]\nstop_run = []", 2, "write a key in quotes, or a list of keys"),
    ],
)
def test_a_mistake_is_said_with_its_line_and_what_is_allowed(path: Path, text: str, line: int, words: str) -> None:
    found = read(path, text)
    (mistake,) = found.mistakes
    assert mistake.startswith(f"{path}, line {line}: ")
    assert words in mistake
    assert found.settings == Settings(ascii=text.startswith("ascii = true"))


def test_one_mistake_costs_nothing_else(path: Path) -> None:
    found = read(path, EVERYTHING.replace('"light"', '"lihgt"').replace('"ctrl+k"', "7"))
    assert len(found.mistakes) == 2
    assert found.settings.notify.command == ("mail", "me")
    assert list(found.settings.keys) == ["room('launch')"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"theme = ", "it is no TOML: Invalid value (at end of document)"),
        (b"a = 1\na = 2\n", "line 2"),
        (b"\xff", "it is no UTF-8 (byte 0)"),
        (b"a = " + b"[" * 5000, "it is no TOML"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_and_the_usual_values_hold(path: Path, content: bytes, words: str) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    found = read_settings()
    assert found.settings == Settings()
    assert words in found.mistakes[0]
    assert str(path) in found.mistakes[0]


def test_a_file_that_others_may_write_sets_nothing(path: Path) -> None:
    read(path, EVERYTHING)
    path.chmod(0o666)
    found = read_settings()
    assert found.settings == Settings()
    assert f"chmod go-w {path}" in found.mistakes[0]


def test_it_makes_the_program_read_only_and_the_environment_comes_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(READ_ONLY_VARIABLE, raising=False)
    assert not is_read_only()
    read(path, "read_only = true")
    assert read_only_source() == f"read_only in {path}"
    monkeypatch.setenv(READ_ONLY_VARIABLE, "0")
    assert not is_read_only()
    monkeypatch.delenv(READ_ONLY_VARIABLE)
    assert read(path, 'read_only = "ture"').settings.read_only, "a misspelt wish to order nothing is one"


def test_it_is_where_xdg_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IQA_TUI_SETTINGS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert settings_path() == tmp_path / "config" / "iqa-tui" / "settings.toml"
    monkeypatch.setenv("HOME", str(tmp_path))
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_CONFIG_HOME", value)
        assert settings_path() == tmp_path / ".config" / "iqa-tui" / "settings.toml"


def test_the_example_is_right_as_it_stands_and_with_every_line_in_force(path: Path) -> None:
    assert read(path, example_text()).settings == Settings()
    in_force = [
        line.removeprefix("# ") for line in example_text().splitlines() if " = " in line or line.startswith("# [")
    ]
    found = read(path, "\n".join(in_force))
    assert found.mistakes == ()
    assert found.settings.notify.command[0] == "mail"
    assert len(found.settings.keys) > 40
    assert found.named >= {"theme", "ascii", "read_only", "runs_dir", "title", "bell", "osc", "notify.timeout_seconds"}


def test_a_key_is_found_in_its_own_table() -> None:
    text = 'when = 1\n[a]\nx = 2\n[ notify ] # here\n"when" = 3\n'
    assert line_of(text, ("when",)) == 1
    assert line_of(text, ("notify", "when")) == 5
    assert line_of(text, ("notify",)) == 4
    assert line_of(text, ("notify", "gone")) == 0
