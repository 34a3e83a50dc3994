r"""Names of LaTeX macros: letters alone, so a digit is spelled out. `\IqaFthreeSrcc` is the SRCC of row F3."""

from __future__ import annotations

import re
import unicodedata

PREFIX = "Iqa"
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
RECORDED_SIGN = "◆"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class MacroNames:
    """Gives each number a name that no other number has."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, row: str, what: str) -> str:
        """`IqaFthreeSrcc` for `F3` and `Srcc`. A second number of this name gets `B` at its end, a third one `C`.

        Args:
            row: its id; empty for a number of the whole table.
            what: in letters.
        """
        wanted = f"{PREFIX}{spelled(row)}{what}"
        found, number = wanted, 0
        while found in self._taken:
            number += 1
            found = wanted + _letters(number)
        self._taken.add(found)
        return found


def spelled(text: str) -> str:
    """The text in letters: each of its words begins with a capital, digits are spelled, all else separates words."""
    text = unicodedata.normalize("NFKD", text.replace(RECORDED_SIGN, " Recorded "))
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    words = ("".join(map(_letter, word)) for word in re.findall(r"[A-Za-z0-9]+", text))
    return "".join(word[:1].upper() + word[1:] for word in words) or ("Row" if text else "")


def _letter(sign: str) -> str:
    return DIGITS[int(sign)] if sign.isdigit() else sign


def _letters(number: int) -> str:
    """B, C, …, Z, BA, …"""
    written = ""
    while number:
        number, rest = divmod(number, len(LETTERS))
        written = LETTERS[rest] + written
    return written
