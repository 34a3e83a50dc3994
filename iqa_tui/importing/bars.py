"""Progress bars as tqdm prints them: how far it is, for how long, and the loss that stands behind it."""

from __future__ import annotations

import re
from typing import NamedTuple

BAR = re.compile(
    rb"^(?P<what>[^|]*?):? +\d+%\|[^|]*\| *(?P<done>\d+)/(?P<total>\d+) "
    rb"\[(?P<elapsed>[0-9:]+)<[^\]]*?(?:\bloss=(?P<loss>[^],\s]+)[^\]]*)?\]"
)
"""`Epoch 1/5:   5%|5         | 233/4404 [01:10<20:58,  3.31batch/s, loss=3.0086, rank_loss=0.2982]`."""
MOST_DIGITS = 10
"""Of what a bar counts; a longer number is no count of steps."""
LONGEST_BAR_BYTES = 1000
"""A terminal's line, with room for colours and for bars of other alphabets."""


class Bar(NamedTuple):
    what: bytes
    """What stands before it."""
    done: int
    total: int
    elapsed_seconds: int
    loss: bytes
    """As it stands there; empty without one."""


def bar_in(text: bytes) -> Bar | None:
    """The bar that the text begins with; None if it begins with none."""
    if b"%|" not in text or len(text) > LONGEST_BAR_BYTES:
        return None
    found = BAR.match(text)
    if found is None:
        return None
    what, done, total, elapsed, loss = found.groups()
    if max(len(done), len(total), len(elapsed)) > MOST_DIGITS:
        return None
    seconds = 0
    for part in elapsed.split(b":"):
        seconds = 60 * seconds + int(part or b"0")
    return Bar(what.strip(), int(done), int(total), seconds, loss or b"")


class BarClock:
    """How long a trainer has worked, by its bars alone: each counts its own time from 0."""

    def __init__(self) -> None:
        self._before = 0
        self._what = b""
        self._elapsed = 0

    def see(self, bar: Bar) -> None:
        if bar.what != self._what or bar.elapsed_seconds < self._elapsed:  # another bar: the last one's time is over
            self._before += self._elapsed
        self._what, self._elapsed = bar.what, bar.elapsed_seconds

    @property
    def seconds(self) -> int:
        return self._before + self._elapsed
