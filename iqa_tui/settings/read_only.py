"""Whether this program may order anything, asked by the functions that order, so that no key, command or screen that
forgets to ask gets past it. Standard library only.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from iqa_tui.errors import LaunchError
from iqa_tui.settings.file import read_settings

P = ParamSpec("P")
R = TypeVar("R")

READ_ONLY_VARIABLE = "IQA_TUI_READ_ONLY"
OFF = ("0", "false", "no", "off")
"""Values of the variable that do not make the program read only; a misspelt one is a wish to order nothing."""


class ReadOnly(LaunchError):
    """An order that a program which is read only refuses."""


def become_read_only() -> None:
    """From now on, for the programs too that this one starts."""
    os.environ[READ_ONLY_VARIABLE] = "1"


def read_only_source() -> str:
    """What makes this program read only, in words; empty if it may order."""
    value = os.environ.get(READ_ONLY_VARIABLE, "").strip().lower()
    if value:  # it comes before the file
        return "" if value in OFF else f"--read-only or {READ_ONLY_VARIABLE}"
    found = read_settings()
    return f"read_only in {found.path}" if found.settings.read_only else ""


def is_read_only() -> bool:
    return bool(read_only_source())


def refuse_if_read_only(refused: str) -> None:
    """Args:
        refused: what is not done, as `stops no run`.

    Raises:
        ReadOnly: this program is read only.
    """
    if source := read_only_source():
        raise ReadOnly(f"This iqa-tui is read only ({source}): it {refused}.")


def order(refused: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function an order, which raises `ReadOnly` before it does anything. Takes and raises as
    `refuse_if_read_only`.
    """

    def made(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def ordered(*args: P.args, **kwargs: P.kwargs) -> R:
            refuse_if_read_only(refused)
            return function(*args, **kwargs)

        ordered.refused = refused  # type: ignore[attr-defined]  # so that a test finds every order
        return ordered

    return made
