"""How many lines a log has before a place: counted at every megabyte, estimated beyond what was counted."""

from __future__ import annotations

from array import array

from iqa_tui.monitor.log_slices import read_between

STEP_BYTES = 1 << 20
COUNTED_BYTES = 64 << 20
"""Of a longer log the rest is estimated: to read all of it for a number would take a network file system minutes."""


class LineIndex:
    """Ends of lines before every step. 64 numbers, however long the log."""

    def __init__(self) -> None:
        self._before = array("q", [0])
        """Ends of lines before step 0, 1, …"""

    def is_done(self, size: int) -> bool:
        """Nothing is left to count."""
        return (len(self._before) - 1) * STEP_BYTES >= min(COUNTED_BYTES, size - STEP_BYTES)

    def count_on(self, descriptor: int, size: int, steps: int) -> None:
        """Count so many steps more, as far as there are."""
        while steps and not self.is_done(size):
            start = (len(self._before) - 1) * STEP_BYTES
            data = read_between(descriptor, start, start + STEP_BYTES)
            if len(data) < STEP_BYTES:
                return
            self._before.append(self._before[-1] + data.count(b"\n"))
            steps -= 1

    def number_at(self, descriptor: int, offset: int, bytes_a_line: float) -> tuple[int, bool]:
        """Ends of lines before an offset, and whether that is counted.

        Args:
            bytes_a_line: what to go by if nothing was counted yet.
        """
        step = min(offset // STEP_BYTES, len(self._before) - 1)
        start = step * STEP_BYTES
        if offset - start <= STEP_BYTES:
            return self._before[step] + read_between(descriptor, start, offset).count(b"\n"), True
        if self._before[step]:
            bytes_a_line = start / self._before[step]
        return round(self._before[step] + (offset - start) / bytes_a_line), False
