"""Takes the text of a log apart: signs that are written, controls that are obeyed, sequences that are swallowed.

The text may come in any pieces: what may be half of a sequence is held back until the rest is there.
"""

from __future__ import annotations

import re
from collections.abc import Callable

SPECIAL = re.compile("[\x00-\x1f\x7f-\x9f]")
TOKEN = re.compile(
    "(?P<csi>(?:\x1b\\[|\x9b)(?P<parameters>[0-?]{0,64})(?P<between>[ -/]{0,4})(?P<final>[@-~]))"
    "|(?P<string>\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])"  # OSC, DCS, SOS, PM, APC: up to their end
    "|(?P<half>(?:\x1b\\[|\x9b)[0-?]{0,64}[ -/]{0,4}|\x1b[ -/]{0,4}(?![ -/]{0,4}[0-~]))"
    "|\x1b[ -/]{0,4}[0-~]"  # charsets, saved cursors, keypads
    "|[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x8f\x91-\x97\x99\x9a\x9c]+"  # nothing that is obeyed
    "|(?P<control>[\x08-\x0a\x0d\x1b])"
)
STRING_END = re.compile("[\x07\x18\x1a\x9c]|\x1b\\\\|(?=\x1b.)", re.DOTALL)
"""A sequence that begins within a string ends it, as on a terminal; so does the end of the line."""


class Escapes:
    """Calls a screen for each part of a text, in turn."""

    def __init__(
        self,
        write: Callable[[str], None],
        control: Callable[[str], None],
        sequence: Callable[[str, str], None],
    ) -> None:
        """Args:
        write: takes text without controls.
        control: takes one control sign, such as a carriage return.
        sequence: takes the parameters and the final letter of a control sequence (CSI).
        """
        self._write = write
        self._control = control
        self._sequence = sequence
        self._held = ""
        self._is_in_string = False

    def take(self, text: str) -> None:
        """Take a piece of a line."""
        if self._held or self._is_in_string or SPECIAL.search(text):
            self._take(self._held + text, is_end=False)
        elif text:
            self._write(text)

    def end_line(self, text: str) -> None:
        """Take the last piece of a line: nothing that is not complete is waited for."""
        if self._held or self._is_in_string or SPECIAL.search(text):
            self._take(self._held + text, is_end=True)
            self._is_in_string = False
        elif text:
            self._write(text)

    def _take(self, text: str, *, is_end: bool) -> None:
        self._held, place, size = "", 0, len(text)
        while place < size:
            if self._is_in_string:
                end = STRING_END.search(text, place)
                if end is None:
                    self._held = "\x1b" if text.endswith("\x1b") and not is_end else ""
                    return
                self._is_in_string, place = False, end.end()
                continue
            special = SPECIAL.search(text, place)  # TOKEN would try all it has at every sign
            start = special.start() if special else size
            if start > place:
                self._write(text[place:start])
            token = TOKEN.match(text, start)
            if token is None:
                return
            place = token.end()
            kind = token.lastgroup
            if kind == "half" and place == size and not is_end:
                self._held = token[0]
            elif kind == "control":
                self._control(token[0])
            elif kind == "string":
                self._is_in_string = True
            elif kind == "csi" and not token["between"]:
                self._sequence(token["parameters"], token["final"])
