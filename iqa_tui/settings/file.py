"""The settings file: its place, what it says, what is wrong with it. It is never written by this program.

`$IQA_TUI_SETTINGS`, else `$XDG_CONFIG_HOME/iqa-tui/settings.toml`, else `~/.config/iqa-tui/settings.toml`. A mistake
costs the setting it is in, never the program: the usual value holds then, and the mistake is said. Standard library
only: the supervisor reads it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from iqa_tui.settings.values import Settings
from iqa_tui.trust.own_file import NotOwn, read_own
from iqa_tui.trust.state_folder import own_home

SETTINGS_VARIABLE = "IQA_TUI_SETTINGS"


@dataclass(frozen=True, slots=True)
class SettingsRead:
    """What holds now."""

    path: Path
    is_there: bool
    settings: Settings
    mistakes: tuple[str, ...] = ()
    """Each with the file, its line or the key, the value, and what is allowed."""
    named: frozenset[str] = frozenset()
    """Settings that the file has and that are right."""


def settings_path() -> Path:
    """Of the file that is there, or would be; touches nothing."""
    chosen = os.environ.get(SETTINGS_VARIABLE)
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CONFIG_HOME", "")
    if Path(base).is_absolute():
        return Path(base) / "iqa-tui" / "settings.toml"
    return (own_home() or Path("/nonexistent")) / ".config" / "iqa-tui" / "settings.toml"


def read_settings() -> SettingsRead:
    """Never raises: without a file, or with one that cannot be used, the usual values hold."""
    path = settings_path()
    try:
        content = read_own(path)
    except (FileNotFoundError, NotADirectoryError):
        return SettingsRead(path, is_there=False, settings=Settings())
    except NotOwn as error:
        return _unused(path, f"{path}: not used, as {error}.")
    except OSError as error:
        return _unused(path, f"{path}: cannot be read ({error.strerror}).")
    return _parsed(path, content)


def _unused(path: Path, mistake: str) -> SettingsRead:
    return SettingsRead(path, is_there=True, settings=Settings(), mistakes=(mistake,))


def _parsed(path: Path, content: bytes) -> SettingsRead:
    import tomllib  # noqa: PLC0415  most users have no such file

    from iqa_tui.settings.check import check  # noqa: PLC0415  as above

    try:
        text = content.decode()
        table = tomllib.loads(text)
    except UnicodeDecodeError as error:
        return _unused(path, f"{path}: not used, as it is no UTF-8 (byte {error.start}).")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return _unused(path, f"{path}: not used, as it is no TOML: {error}.")
    checked = check(table)
    mistakes = tuple(f"{_place(path, text, mistake.where)}: {mistake.words}" for mistake in checked.mistakes)
    return SettingsRead(path, is_there=True, settings=checked.settings, mistakes=mistakes, named=checked.named)


def _place(path: Path, text: str, where: tuple[str, ...]) -> str:
    """`FILE, line 3`, or the file alone if the key is written in a way that is not found so."""
    number = line_of(text, where)
    return f"{path}, line {number}" if number else str(path)


def line_of(text: str, where: tuple[str, ...]) -> int:
    """The line of a key, from 1; 0 if it is not found.

    Args:
        where: tables and the key, as `("notify", "command")`.
    """
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            table = (header[1].strip("\"' "),)
            if table == where:
                return number
        elif (key := re.match(r"""\s*("[^"]*"|'[^']*'|[\w.-]+)\s*=""", line)) and where == (
            *table,
            key[1].strip("\"'"),
        ):
            return number
    return 0
