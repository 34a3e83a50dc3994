"""What was read of each run, read again only after its folder changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.stamps import change_stamp, is_settled

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    value: T
    attempt: int
    stamp: tuple[int, ...] | None
    """Time stamps under which the value still holds; None: read again."""


class Remembered(Generic[T]):
    """For a caller that looks at the same runs again and again: a run that did not change costs three `stat`."""

    def __init__(self, read: Callable[[RunFolder], tuple[T, bool]]) -> None:
        """Args:
        read: gives the value, and whether it holds until a time stamp of the run's folders moves.
        """
        self._read = read
        self._known: dict[str, _Known[T]] = {}

    def of(self, run: RunFolder) -> T:
        known = self._known.get(run.run_id)
        if known is not None and known.stamp is not None and known.stamp == change_stamp(run, known.attempt):
            return known.value
        attempt, stamp = _stamp_of(run)  # before the look: a change in between shows next time
        value, is_lasting = self._read(run)
        is_kept = is_lasting and stamp is not None and is_settled(stamp)
        self._known[run.run_id] = _Known(value, attempt, stamp if is_kept else None)
        return value


def _stamp_of(run: RunFolder) -> tuple[int, tuple[int, ...] | None]:
    """The newest attempt, and the time stamps now; None if its attempts cannot be listed."""
    try:
        latest = run.latest_attempt()
    except (OSError, RunFolderError):
        return 0, None
    attempt = latest.number if latest else 0
    return attempt, change_stamp(run, attempt)
