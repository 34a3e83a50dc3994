"""What a run is doing: its phase, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from training.runfolder.exits import ExitKind
from training.runfolder.text import plain

LONGEST_CAUSE = 4000
"""Characters of a cause that are shown: a record may hold anything."""


class Phase(StrEnum):
    """What a run is doing. Worked out from its files, stored nowhere."""

    QUEUED = "queued"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"
    UNREADABLE = "unreadable"

    @property
    def is_alive(self) -> bool:
        """A process of the run is there."""
        return self in (Phase.STARTING, Phase.RUNNING, Phase.STOPPING)

    @property
    def is_over(self) -> bool:
        """Nothing will change unless a user retries it."""
        return self is Phase.FINISHED or self.ended_without_result

    @property
    def ended_without_result(self) -> bool:
        return self is Phase.UNREADABLE or self.can_be_retried

    @property
    def can_be_retried(self) -> bool:
        """It ended without a result, and another attempt may bring one."""
        return self in (Phase.FAILED, Phase.STOPPED, Phase.LOST)


@dataclass(frozen=True, slots=True)
class Status:
    """What a run is doing, and why. Its words are made plain, whatever stood in the records."""

    phase: Phase
    cause: str = ""
    """In words; empty if the phase says all."""
    attempt: int = 0
    """The newest attempt; 0 before the first."""
    supervised: bool = True
    """False: alive, but no supervisor will record how it ended (started by hand, or its supervisor was killed)."""
    exit_kind: ExitKind | None = None
    """Of the newest attempt, once it ended."""
    held: bool = False
    """Queued, but a user or the dispatcher holds it back."""
    host: str = ""
    """Of the newest attempt, if that is not this host: what is said of it comes from its files alone."""
    host_is_node: bool = False
    """True: `host` is the node on which Slurm started it, so its user sent it there."""
    disk_trouble: bool = False
    """Its folder cannot be read now: the phase is what Slurm says, the last that was known, or `unreadable`."""
    beat_seconds: float | None = None
    """Age of the last sign of life of its supervisor there; None: here, or it never gave one."""
    recorded: bool = False
    """Finished, but measured elsewhere: its log was imported."""
    elsewhere: bool = False
    """Queued, but not by this user on this host: it starts only once it is adopted."""

    @property
    def is_foreign(self) -> bool:
        """Alive on another host, to which its user, not Slurm, sent it: orders reach it by its folder alone."""
        return self.phase.is_alive and bool(self.host) and not self.host_is_node

    @property
    def is_unsure(self) -> bool:
        """Begun by this host before it was rebooted, or by another host of its name: the beat will tell which."""
        return self.phase.is_alive and not self.host and self.beat_seconds is not None

    def __post_init__(self) -> None:
        object.__setattr__(self, "cause", plain(str(self.cause), LONGEST_CAUSE))
        object.__setattr__(self, "host", plain(str(self.host)))
