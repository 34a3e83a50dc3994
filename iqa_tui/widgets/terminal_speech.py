"""What a terminal can be told besides what it draws: its title, and a notification of the desktop. Only the sequences.

Every text passes `harmless` first: a sequence ends with a control, which no text may bring along.
"""

from __future__ import annotations

from collections.abc import Mapping

KEEP_TITLE, GIVE_TITLE_BACK = "\x1b[22;2t", "\x1b[23;2t"
"""The terminal's own stack of titles (XTWINOPS); one that has none keeps our last title."""
LONGEST = 200
PRINT_THEM = ("linux", "dumb", "vt", "cons", "sun")
"""Beginnings of TERM: their consoles may print such a sequence."""


def listens(environment: Mapping[str, str]) -> bool:
    """False for a terminal that may print what it is told."""
    term = environment.get("TERM", "")
    return bool(term) and not term.startswith(PRINT_THEM)


def title(text: str) -> str:
    return f"\x1b]2;{harmless(text)}\x07"


def notification(kind: str, text: str, environment: Mapping[str, str]) -> str:
    """Ask for a notification of the desktop.

    Args:
        kind: 9 (iTerm2, kitty, WezTerm, Windows Terminal) or 777 (foot, Ghostty, urxvt).
        environment: in tmux the sequence is handed on, if its `allow-passthrough` is on.
    """
    # A text of OSC 9 that begins with a number is a command for some terminals; `iqa-tui` stands before it.
    said = f"9;iqa-tui: {harmless(text)}" if kind == "9" else f"777;notify;iqa-tui;{harmless(text).replace(';', ',')}"
    sequence = f"\x1b]{said}\x07"
    if "TMUX" in environment:
        return "\x1bPtmux;" + sequence.replace("\x1b", "\x1b\x1b") + "\x1b\\"
    return sequence


def harmless(text: str) -> str:
    """Without controls of either kind, and not too long."""
    return "".join(sign if sign.isprintable() else " " for sign in text)[:LONGEST]
