"""What the watching threads found: runs, the log of one of them, devices.

A message that a newer one may replace carries the whole state: if it is never delivered, nothing is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:  # the drivers behind it are loaded by the thread that asks them
    from iqa_tui.devices.survey import Survey
    from iqa_tui.monitor.log_text import LogText
    from iqa_tui.monitor.state import RunState
    from iqa_tui.slurm.partitions import Partitions
    from iqa_tui.words.waits import Wait


@dataclass(frozen=True, slots=True)
class HostLoad:
    """What the machine itself is doing."""

    cpu_percent: float
    """Of all cores together, 0 to 100."""
    cores: int
    memory_used_bytes: int
    memory_total_bytes: int


class _WholeState(Message, bubble=False):
    """Replaceable by a later one of its kind."""

    def can_replace(self, message: Message) -> bool:
        return type(message) is type(self)


class RunsChanged(_WholeState):
    """Some run is not as it was, or the folder of runs can be read no longer, or again."""

    def __init__(self, runs: tuple[RunState, ...], problem: str = "", reading: str = "") -> None:
        super().__init__()
        self.runs = runs
        """All of them, by name."""
        self.problem = problem
        """Why the folder cannot be read; empty if it can."""
        self.reading = reading
        """How far the reading is, in words; empty if nothing is left to read."""


class LogChanged(_WholeState):
    """The log that is read has new lines, or other lines of it are read, or another log."""

    def __init__(self, output: Path, text: LogText) -> None:
        super().__init__()
        self.output = output
        """Its file."""
        self.text = text


class DevicesSurveyed(_WholeState):
    """The devices were looked at."""

    def __init__(
        self,
        survey: Survey,
        host: HostLoad | None,
        utilisation: Mapping[str, tuple[float | None, ...]],
        waiting: Mapping[str, Wait],
        slurm: Partitions | None = None,
    ) -> None:
        super().__init__()
        self.survey = survey
        self.host = host
        self.utilisation = utilisation
        """Device key to its latest percentages, the oldest first."""
        self.waiting = waiting
        """Run id to why it waits."""
        self.slurm = slurm
        """What Slurm's partitions have; None on a machine without Slurm."""
