"""Whether the terminal is light or dark: its own answer (OSC 11), else what it says in COLORFGBG.

The question is asked after the first paint and nothing waits for the answer. A terminal that gives none costs nothing;
an answer that comes late is still taken out of what is typed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping

from textual._xterm_parser import XTermParser
from textual.message import Message

QUESTION = "\x1b]11;?\x1b\\"
ANSWER = re.compile(r"\x1b\]11;([^\x07\x1b]{0,64})(?:\x07|\x1b\\)")
BEGINNING = re.compile(r"\x1b\](?:1(?:1(?:;[^\x07\x1b]{0,64}\x1b?)?)?)?\Z")
COLOUR = re.compile(r"rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
LIGHT_COLOURS = {"7", "9", "10", "11", "12", "13", "14", "15"}
"""Of the sixteen, as COLORFGBG numbers them."""
DO_NOT_UNDERSTAND = ("linux", "dumb", "vt", "cons", "sun", "ansi")
"""Beginnings of TERM: old kernels' consoles would print the question."""

PATIENCE_SECONDS = 0.2
"""Between the two halves of an answer."""


class BackgroundTold(Message, bubble=False):
    """The terminal said which colour its background has."""

    def __init__(self, *, is_light: bool) -> None:
        super().__init__()
        self.is_light = is_light


def may_be_asked(environment: Mapping[str, str]) -> bool:
    """False for a terminal that would print the question, and for GNU screen, which does not hand it on."""
    term = environment.get("TERM", "")
    return bool(term) and not term.startswith(DO_NOT_UNDERSTAND) and "STY" not in environment


def is_light(colour: str) -> bool | None:
    """Of an answer, `rgb:ffff/ffff/ffff`; None if it is none."""
    match = COLOUR.match(colour)
    if match is None:
        return None
    red, green, blue = (int(part, 16) / float(16 ** len(part) - 1) for part in match.groups())
    return bool(0.299 * red + 0.587 * green + 0.114 * blue > 0.5)


def said_in(environment: Mapping[str, str]) -> bool | None:
    """What COLORFGBG says, as `15;0`: foreground and background. None if it says nothing."""
    background = environment.get("COLORFGBG", "").rpartition(";")[2].strip()
    return background in LIGHT_COLOURS if background.isdecimal() else None


class AnswersParser(XTermParser):
    """Textual's parser of what is typed, with the answers taken out: it would make keys of them."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._begun = ""
        """Of an answer whose end did not come yet."""
        self._begun_at = 0.0

    def feed(self, data: str) -> Iterable[Message]:
        if not data:  # the end
            yield from super().feed(data)
            return
        text, self._begun = self._begun + data, ""
        for answer in ANSWER.finditer(text):
            light = is_light(answer[1])
            if light is not None:
                yield BackgroundTold(is_light=light)
        text = ANSWER.sub("", text)
        if begun := BEGINNING.search(text):
            self._begun, self._begun_at = begun[0], time.monotonic()
            text = text[: begun.start()]
        if text:
            yield from super().feed(text)

    def tick(self) -> Iterable[Message]:
        """What looked like an answer and is none, as alt and `]`, was typed."""
        if self._begun and time.monotonic() >= self._begun_at + PATIENCE_SECONDS:
            text, self._begun = self._begun, ""
            yield from super().feed(text)
        yield from super().tick()
