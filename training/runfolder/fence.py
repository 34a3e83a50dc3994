"""Who may write in a run's folder: the attempt that `owner.json` names, and no other.

Locks keep two attempts apart on one host. Where hosts share a folder and no locks, the newer attempt writes its own
`owner.json`, and the older one, which looks there before each write, writes nothing more. A process works on one run,
so it sets one fence, and every writer of the run folder asks it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from training.runfolder.errors import Fenced, UnreadableFile
from training.runfolder.layout import RunFolder
from training.runfolder.opening import read_bounded

LOOK_SECONDS = 1.0
"""The file is opened at most so often for events and steps; for whole files every time."""
LARGEST_OWNER_BYTES = 64 << 10


class Fence:
    """Whether `owner.json` still is that of this process. It is opened each time: then network file systems ask the
    server, while a listing may be a minute old.
    """

    def __init__(
        self,
        run: RunFolder,
        nonce: str,
        raises: type[Exception] = Fenced,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Look at nothing yet.

        Args:
            run: whose folder.
            nonce: what this process, or its supervisor, wrote into `owner.json`.
            raises: what `check` raises.
        """
        self._run, self._nonce, self._raises, self._clock = run, nonce, raises, clock
        self._next_look = 0.0
        self._taken_by = ""

    def check(self, *, fresh: bool = False) -> None:
        """Raise if another attempt has taken the run, and from then on at every call.

        Args:
            fresh: look now, even if the last look was less than a second ago.
        """
        if not self._taken_by and (fresh or self._clock() >= self._next_look):
            self._next_look = self._clock() + LOOK_SECONDS
            self._taken_by = self._other_owner()
        if self._taken_by:
            raise self._raises(
                f"{self._run.owner}: {self._taken_by} has taken over this run, so this process writes nothing more and "
                "exits. Look at `iqa-tui status` before it is started again."
            )

    def _other_owner(self) -> str:
        """In words; empty if the file is ours, missing or unreadable: only a new owner may end a run."""
        try:
            owner = json.loads(read_bounded(self._run.owner, LARGEST_OWNER_BYTES))
        except (OSError, ValueError, RecursionError, UnreadableFile):
            return ""
        if not isinstance(owner, dict) or not isinstance(owner.get("nonce"), str) or owner["nonce"] == self._nonce:
            return ""
        return f"attempt {owner.get('attempt')} on {owner.get('host')}"


class _Process:
    fence: Fence | None = None


def set_fence(fence: Fence | None) -> None:
    """Every write of this process in a run folder asks this fence from now on; None: none."""
    _Process.fence = fence


def check_fence(*, fresh: bool = False) -> None:
    """Ask this process's fence, if it has one. Raises as `Fence.check`."""
    if _Process.fence is not None:
        _Process.fence.check(fresh=fresh)
