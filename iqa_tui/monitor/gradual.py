"""The runs of a folder for a screen: rows at once, histories of the runs that are looked at, and no look takes long.

First the records of each run are read, the newest run first; then the last values of its events; then every event of
the runs that are looked at, or alive, slice by slice. What was read of other runs is forgotten when it is too much.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path

from iqa_tui.monitor.catalog import with_those_listed
from iqa_tui.monitor.followed import FollowedRun
from iqa_tui.monitor.state import RunState
from training.runfolder.beat import BeatWatch
from training.runfolder.stamps import is_settled

LOOK_SECONDS = 0.2
"""How long a look reads what was not read before."""
LOOKS_A_ROUND = 10
"""After so many looks every run was looked at, and the folder was listed, whether or not its time stamp moved."""
KEPT_BYTES = 48 << 20
"""Of the curves of runs that are looked at no more and are over."""
BYTES_A_POINT = 24


class GradualCatalog:
    """Follows every run of one folder. For one thread."""

    def __init__(self, runs_dir: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.runs_dir = runs_dir
        self.is_behind = True
        """Whether something is left to read, so that the next look should follow at once."""
        self.progress = ""
        """How far the reading is, in words; empty if nothing is left to read."""
        self._clock = clock
        self._beats = BeatWatch()
        self._runs: dict[str, FollowedRun] = {}
        self._listed: int | None = None
        """Time stamp of the folder when it was listed, if it shows every change since; None: list it again."""
        self._unread: list[FollowedRun] = []
        """The newest last."""
        self._unskimmed: list[FollowedRun] = []
        self._read: list[FollowedRun] = []
        """All others, by name."""
        self._by_id: dict[str, FollowedRun] = {}
        self._restless: dict[str, FollowedRun] = {}
        """Those that every look looks at: they are alive, or have just changed, or events of them are wanted."""
        self._looked_at: tuple[str, ...] = ()
        self._whole: dict[str, FollowedRun] = {}
        """Those whose events were all read: the one that was wanted last is last."""
        self._looks = 0

    def look_at(self, run_ids: Sequence[str]) -> None:
        """Read every event of these runs, the first one first, and of no others that are over."""
        self._looked_at = tuple(run_ids)

    def refresh(self, *, everything: bool = False) -> tuple[RunState, ...]:
        """Every run of which something was read, by name. A run that did not change is the same object as before.

        Args:
            everything: look at every run now, for the user has just ordered something. Otherwise each run that no
                process works on has its turn once in `LOOKS_A_ROUND` looks.
        """
        with without_garbage_collection():
            return self._refresh(everything)

    @property
    def is_listing(self) -> bool:
        """Whether there are runs of which nothing is read yet."""
        return bool(self._unread)

    def _refresh(self, everything: bool) -> tuple[RunState, ...]:
        deadline = self._clock() + LOOK_SECONDS
        self._looks += 1
        self._look_again(everything)
        self._list(everything)
        self._read_records(deadline)
        wanted = self._wanted()
        self._read_histories(wanted[:1], deadline)
        self._skim(deadline)
        self._read_histories(wanted, deadline)
        self._forget(wanted)
        left = sum(not followed.is_whole for followed in wanted)
        self.is_behind = bool(self._unread or self._unskimmed or left)
        self.progress = ""
        if self._unread:
            self.progress = f"reading runs {len(self._read):,} of {len(self._runs):,}"
        elif left:
            self.progress = f"reading curves {len(wanted) - left:,} of {len(wanted):,}"
        return tuple(followed.state for followed in self._read)

    def _look_again(self, everything: bool) -> None:
        if everything:
            turn = self._read
        else:  # while not all rows are there, none has its turn
            turn = [] if self._unread else self._read[self._looks % LOOKS_A_ROUND :: LOOKS_A_ROUND]
        for followed in {id(followed): followed for followed in (*self._restless.values(), *turn)}.values():
            self._look(followed)

    def _look(self, followed: FollowedRun) -> None:
        state = followed.look()
        is_restless = state.phase.is_alive or not followed.is_quiet or followed.lacks_events
        if is_restless:
            self._restless[followed.name] = followed
        else:
            self._restless.pop(followed.name, None)

    def _list(self, everything: bool) -> None:
        stamp = _stamp(self.runs_dir)
        is_due = everything or not (self._unread or self._looks % LOOKS_A_ROUND)
        if stamp == self._listed and not is_due:
            return
        self._listed = stamp if stamp is not None and is_settled((stamp,)) else None
        before, self._runs = self._runs, with_those_listed(self._runs, self.runs_dir, self._beats)
        if before.keys() == self._runs.keys() and all(before[name] is run for name, run in self._runs.items()):
            return
        known = {id(followed) for followed in self._read}
        self._unread = [followed for followed in self._runs.values() if id(followed) not in known]
        self._note_read([followed for followed in self._read if self._runs.get(followed.name) is followed])
        self._unskimmed = [followed for followed in self._read if not followed.is_skimmed]
        self._whole = {name: followed for name, followed in self._whole.items() if self._runs.get(name) is followed}
        self._restless = {name: each for name, each in self._restless.items() if self._runs.get(name) is each}

    def _note_read(self, read: Iterable[FollowedRun]) -> None:
        self._read = sorted(read, key=attrgetter("name"))
        self._by_id = {followed.run_id: followed for followed in self._read}

    def _read_records(self, deadline: float) -> None:
        found: list[FollowedRun] = []
        while self._unread and (self._clock() < deadline or not found):
            found.append(self._unread.pop())
            self._look(found[-1])
        if found:
            self._note_read((*reversed(found), *self._read))
            self._unskimmed = [*reversed(found), *self._unskimmed]

    def _skim(self, deadline: float) -> None:
        """Once all rows are there."""
        while not self._unread and self._unskimmed:
            followed = self._unskimmed.pop()
            followed.skim()
            if followed.lacks_events:
                self._restless[followed.name] = followed
            if self._clock() >= deadline:
                return

    def _wanted(self) -> list[FollowedRun]:
        """The runs whose events are all read, the most urgent first."""
        wanted = {run_id: self._by_id[run_id] for run_id in self._looked_at if run_id in self._by_id}
        for _, followed in sorted(self._restless.items(), reverse=True):
            if followed.state.phase.is_alive or followed.lacks_events:
                wanted.setdefault(followed.run_id, followed)
        return list(wanted.values())

    def _read_histories(self, wanted: Sequence[FollowedRun], deadline: float) -> None:
        for followed in wanted:
            while not followed.is_whole:
                followed.read_on()
                if self._clock() >= deadline:
                    return

    def _forget(self, wanted: Sequence[FollowedRun]) -> None:
        for followed in reversed(wanted):
            if followed.is_whole:
                self._whole.pop(followed.name, None)
                self._whole[followed.name] = followed
        in_use = {followed.name for followed in wanted}
        sizes = {name: bytes_of(each.state) for name, each in self._whole.items() if name not in in_use}
        too_much = sum(sizes.values()) - KEPT_BYTES
        for name, size in sizes.items():
            if too_much > 0:
                too_much -= size
                self._whole.pop(name).forget_curves()


def bytes_of(state: RunState) -> int:
    """What its curves take, about."""
    return BYTES_A_POINT * sum(map(len, state.metrics.values()))


@contextlib.contextmanager
def without_garbage_collection() -> Iterator[None]:
    """What is read stays: looking through it for garbage, again and again, costs as much as reading it."""
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()


def _stamp(folder: Path) -> int | None:
    try:
        return os.stat(folder).st_mtime_ns  # noqa: PTH116  half the cost of Path.stat
    except OSError:
        return None
