"""Processes that outlived their run: a child that left its session, closed every descriptor, and lost its supervisor.

Such a child holds no lock and descends from no process that we know. But it cannot lose the environment it was started
with by accident, and the mark of its run stands there. Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from iqa_tui.processes.marks import Mark, Proof, mark_of, proof_of, renumbers, signal_marked
from training.runfolder.layout import RunFolder

GRACE_SECONDS = 0.5
"""From TERM to KILL."""
PATIENCE_SECONDS = 10.0
"""A process that cannot be killed (stuck in the kernel) is left after this."""


def marked_processes(runs_dir: Path) -> dict[Path, set[int]]:
    """Run folder to the living processes of ours that were started for it; runs of other folders are left out."""
    found: dict[Path, set[int]] = {}
    marks = dict(_marks())
    if marks:
        runs = _Runs(runs_dir)
        for pid, mark in marks.items():
            path = runs.of(mark)
            if path is not None:
                found.setdefault(path, set()).add(pid)
    return found


def _marks() -> Iterable[tuple[int, Mark]]:
    for name in os.listdir("/proc"):  # noqa: PTH208  names alone, and there may be thousands
        if name.isdecimal() and int(name) != os.getpid():
            mark = mark_of(int(name))
            if mark is not None:
                yield int(name), mark


class _Runs:
    """The runs of a folder, by what the marks of their processes say."""

    def __init__(self, runs_dir: Path) -> None:
        self._paths: dict[int, Path] = {}
        with contextlib.suppress(OSError), os.scandir(runs_dir) as entries:  # a folder that is gone has no runs
            self._paths = {entry.inode(): runs_dir / entry.name for entry in entries}
        self._renumbers = renumbers(runs_dir)
        self._proofs: dict[Path, Proof] = {}

    def of(self, mark: Mark) -> Path | None:
        """The run whose own token stands in the mark."""
        named = self._paths.get(mark.inode)
        if named is not None and self._proof(named).fits(mark):
            return named
        if not self._renumbers:
            return None
        return next((path for path in self._paths.values() if self._proof(path).fits(mark)), None)

    def _proof(self, path: Path) -> Proof:
        if path not in self._proofs:
            self._proofs[path] = proof_of(RunFolder(path))
        return self._proofs[path]


def end_strays(run: RunFolder, grace_seconds: float = GRACE_SECONDS) -> int:
    """End every process that was started for this run. Only for a run whose lock no other process has.

    Returns:
        How many there were.
    """
    began = time.monotonic()
    proof = proof_of(run)
    seen: set[int] = set()
    while time.monotonic() < began + PATIENCE_SECONDS:
        left = {pid for pid, mark in _marks() if proof.fits(mark)}
        if not left:
            break
        patient = time.monotonic() < began + grace_seconds
        for pid in left - seen if patient else left:
            signal_marked(pid, proof, signal.SIGTERM if patient else signal.SIGKILL)
        seen |= left
        time.sleep(0.05)
    return len(seen)
