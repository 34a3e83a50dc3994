"""How a key is written in the settings file: `K`, `?`, `ctrl+k`, `f8`, `pagedown`. Standard library only."""

from __future__ import annotations

import re

NAMED = (
    "enter", "escape", "tab", "space", "backspace", "delete", "insert", "home", "end", "pageup", "pagedown",
    "up", "down", "left", "right", *(f"f{number}" for number in range(1, 25)),
)  # fmt: skip
WITH = re.compile(r"(?:(?:ctrl|shift|alt)\+)+")
NEVER = {"ctrl+c": "it interrupts", "ctrl+z": "it suspends", "ctrl+s": "it stops the terminal's output"}
"""Keys that the terminal itself needs."""


def key_mistake(key: str) -> str:
    """What is wrong with the name of a key, in words; empty if nothing is."""
    if key in NEVER:
        return f"{key} cannot be used: {NEVER[key]}."
    plain = WITH.sub("", key, count=1)
    is_letter = len(plain) == 1 and plain.isprintable() and plain != " "
    if is_letter and key.startswith("shift+"):
        return f"{key}: write {plain.upper()!r}."
    if plain in NAMED or is_letter:
        return ""
    return (
        f"{key!r} is no key. Write one letter or sign, ctrl+k, shift+f5, or one of {', '.join(NAMED[:15])}, f1 to f24."
    )
