"""Who uses a device: runs of this folder by name and colour, all other processes by user and program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from rich.cells import cell_len

from iqa_tui.widgets.palette import series_sign, series_style
from iqa_tui.words.durations import duration_words
from iqa_tui.words.sizes import gib_words
from training.runfolder.text import plain

if TYPE_CHECKING:  # the driver behind it is loaded by the thread that asks it
    from iqa_tui.devices.device import DeviceState
    from iqa_tui.devices.gpus.sample import GpuProcess
    from iqa_tui.devices.lease import Holder


SIZE_WIDTH = 9
"""Cells of `100.3 GiB`; an age has fewer."""


@dataclass(frozen=True, slots=True)
class RunOnGpu:
    """What the panel must know of a run that is alive."""

    name: str
    """Short: `F2`, `F2·s1` if seeds must be told apart."""
    look: int
    """As in its row and its curve."""
    pid: int | None = None
    """Of its trainer; None on another host."""
    has_sign: bool = False
    """There are no colours: it has the sign of its curve."""


class Detail(Enum):
    """How much is said of a user in a line that it shares, the most first."""

    ALL = "all"
    MEMORY = "with its memory"
    WHO = "who it is"


@dataclass(frozen=True, slots=True)
class User:
    """A run or another process on a device."""

    who: str
    """`F2·s1`, `ann`."""
    details: tuple[str, ...]
    """`python`, `21.3 GiB`, `3.0 h`, as far as they are known."""
    style: str
    memory_bytes: int | None = None
    mark: str = ""
    """Before its name in a line of its own; empty for what is no run of this folder."""

    @property
    def is_ours(self) -> bool:
        """A run of this folder."""
        return bool(self.mark)

    @property
    def most_cells(self) -> int:
        """Of all that is said of it, whatever its size and its age become."""
        details = () if self.is_ours else self.details
        return cell_len(self.who) + sum(1 + max(cell_len(detail), SIZE_WIDTH) for detail in details)

    def words(self, detail: Detail) -> str:
        """`F2·s1`, `ann python 21.3 GiB 3.0 h`, `ann 21.3 GiB`, `ann`: the lines beside it tell more of our own."""
        if self.is_ours or detail is Detail.WHO or not self.details:
            return self.who
        if detail is Detail.ALL:
            return " ".join((self.who, *self.details))
        return self.who if self.memory_bytes is None else f"{self.who} {gib_words(self.memory_bytes)}"


def users_of(state: DeviceState, runs: Mapping[str, RunOnGpu], now: float) -> list[User]:
    """Runs first, then other processes, the largest first.

    Args:
        runs: those of this folder that are alive, by their ids.
        now: Unix seconds, for ages.
    """
    processes = _processes(state)
    owners = {process.pid: _owner(process, state.holders, runs) for process in processes}
    users = [
        _run(holder, [each for each in processes if owners[each.pid] == holder], runs, now) for holder in state.holders
    ]
    others = [each for each in processes if owners[each.pid] is None]
    others.sort(key=lambda process: -(process.memory_used_bytes or 0))
    return users + [_other(process, now) for process in others]


def _processes(state: DeviceState) -> list[GpuProcess]:
    """Those that compute and those that draw, each once."""
    sample = state.sample
    if sample is None:
        return []
    by_pid = {process.pid: process for process in (*(sample.graphics or ()), *(sample.processes or ()))}
    return list(by_pid.values())


def _owner(process: GpuProcess, holders: Sequence[Holder], runs: Mapping[str, RunOnGpu]) -> Holder | None:
    """The run that a process belongs to; None for a process of no run, and if that cannot be told."""
    for holder in holders:
        known = runs.get(holder.run_id)
        if known is not None and known.pid == process.pid:
            return holder
    # A run whose trainer is another process than the one that computes: its user has no other business there.
    return holders[0] if len(holders) == 1 and process.user == holders[0].user else None


def _run(holder: Holder, processes: Sequence[GpuProcess], runs: Mapping[str, RunOnGpu], now: float) -> User:
    known = runs.get(holder.run_id)
    memory = [each.memory_used_bytes for each in processes if each.memory_used_bytes is not None]
    started = [each.started for each in processes if each.started is not None]
    names = list(dict.fromkeys(plain(each.name) for each in processes if each.name))
    program = f"{names[0]} ×{len(processes)}" if names and len(processes) > 1 else "".join(names[:1])
    details = _details(program, sum(memory) if memory else None, min(started, default=None), now)
    used = sum(memory) if memory else None
    if known is None:
        return User(f"{holder.user} · {holder.words}", details, "warning", used)
    mark = series_sign(known.look) if known.has_sign else "▌"
    return User(known.name, details, series_style(known.look), used, mark)


def _other(process: GpuProcess, now: float) -> User:
    who = plain(process.user) if process.user else f"pid {process.pid}"
    program = plain(process.name) if process.name else ""
    return User(who, _details(program, process.memory_used_bytes, process.started, now), "", process.memory_used_bytes)


def _details(program: str, memory: int | None, started: float | None, now: float) -> tuple[str, ...]:
    size = "" if memory is None else gib_words(memory)
    age = "" if started is None else duration_words(max(0.0, now - started))
    return tuple(part for part in (program, size, age) if part)
