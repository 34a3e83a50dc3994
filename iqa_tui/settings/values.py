"""What a user can set, and what holds if they set nothing. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

THEMES = ("auto", "dark", "light")
TOLD = ("never", "trouble", "always")
OSCS = ("off", "9", "777")
LONGEST_COMMAND_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Notify:
    """The command that tells a user who is away how a run ended."""

    command: tuple[str, ...] = ()
    """Program and arguments, started without a shell; empty: none."""
    when: str = "always"
    """trouble (a run failed, was lost or not started) or always (it finished or was stopped, too)."""
    timeout_seconds: float = 20.0
    """Then the command is killed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Each field is a key of the settings file."""

    theme: str = "auto"
    """auto: as light or dark as the terminal says that it is; dark; light."""
    ascii: bool = False
    """Draw with ASCII alone."""
    read_only: bool = False
    """Refuse every order."""
    runs_dir: str = ""
    """The folder of all runs if none is named; empty: `runs`. `~` is the home, a relative one is in the current one.
    """
    title: bool = True
    """The terminal's title says how many runs do what."""
    bell: str = "never"
    """When the app rings the terminal's bell: never, trouble, always."""
    osc: str = "off"
    """How the app asks the terminal for a notification of the desktop: off, 9 (iTerm2, kitty, WezTerm), 777 (foot,
    Ghostty, urxvt)."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Action to its keys, if they are not the usual ones."""
    notify: Notify = Notify()
