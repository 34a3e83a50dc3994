"""What Slurm's partitions have, and how much of it is taken: one sinfo every 30 s, in a thread."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from iqa_tui.slurm.ask import PATIENCE_SECONDS, SlurmError, ask_slurm, has_slurm
from iqa_tui.words.durations import duration_words
from training.runfolder.text import plain

PERIOD_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 300.0
FIELDS = ("PartitionName", "Available", "Time", "NodeList", "StateCompact", "Gres", "GresUsed")
SINFO = ["sinfo", "-h", "-N", "-O", ",".join(f"{name}:|" for name in FIELDS)]
"""A line for each node of each partition; the field's width is as wide as its text."""
DEFAULT = ["sinfo", "-h", "-o", "%P"]
"""Marks the partition that a job gets which names none by a star."""
GPUS = re.compile(r"gpu(?::[^,:()]+)?:(\d+)")
GONE = ("down", "drain", "drng", "fail", "boot", "maint", "unk", "inval", "not", "pow")
"""How the states of nodes begin that start no job."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One queue of the cluster."""

    name: str
    is_open: bool = True
    """False: it takes jobs, and starts none."""
    is_default: bool = False
    limit: str = ""
    """Longest time of a job, as sinfo writes it."""
    nodes: int = 0
    gone: int = 0
    """Of its nodes, those that are down, drained or off."""
    gpus: int = 0
    """Of the other nodes."""
    taken: int = 0

    @property
    def words(self) -> str:
        """`3 of 4 GPUs taken`, `no GPU, 2 nodes`; of a closed one `closed`."""
        if not self.is_open:
            return "closed"
        off = f", {self.gone} of {self.nodes} nodes off" if self.gone else ""
        if not self.gpus:
            return f"no GPU, {self.nodes} node{'' if self.nodes == 1 else 's'}{off}"
        gpus = "GPU" if self.gpus == 1 else "GPUs"
        return f"{self.taken} of {self.gpus} {gpus} taken{off}"


@dataclass(frozen=True, slots=True)
class Partitions:
    """The last answer of sinfo."""

    partitions: tuple[Partition, ...] = ()
    answered: float = 0.0
    """Unix seconds; 0: never."""
    asked: float = float("-inf")
    """When it was asked last, in seconds of the monotonic clock."""
    failures: int = 0
    trouble: str = ""
    """Why the last question got no answer, in words."""

    @property
    def told(self) -> tuple[str, ...]:
        """`gpu: 3 of 4 GPUs taken` of every open partition, and why that may be old; empty if nothing is known."""
        told = tuple(f"{each.name}: {each.words}" for each in self.partitions if each.is_open)
        if not self.failures:
            return told
        if not self.answered:
            return ("does not answer",)
        return (*told, f"it has not answered for {duration_words(time.time() - self.answered)}")

    @property
    def shares(self) -> tuple[float | None, ...]:
        """How much of its GPUs is taken, 0 to 1, for each of `told`; None if it has none."""
        known = tuple(each.taken / each.gpus if each.gpus else None for each in self.partitions if each.is_open)
        return (*known, *[None] * (len(self.told) - len(known)))

    @property
    def is_due(self) -> bool:
        pause = min(PERIOD_SECONDS * 2.0 ** min(self.failures, 10), LONGEST_PAUSE_SECONDS)
        return time.monotonic() - self.asked >= pause


class _Kept:
    lock = threading.Lock()
    last = Partitions()
    thread: threading.Thread | None = None


def partitions_overheard() -> Partitions:
    """The last answer; asks again in the background if it is time to. Empty on a machine without Slurm."""
    with _Kept.lock:
        if has_slurm() and _Kept.last.is_due and not (_Kept.thread is not None and _Kept.thread.is_alive()):
            thread = threading.Thread(target=_keep, name="asks Slurm for partitions", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no more threads may be started
                return _Kept.last
            _Kept.thread = thread
        return _Kept.last


def forget_partitions() -> None:
    """Ask again at the next look."""
    with _Kept.lock:
        _Kept.last, _Kept.thread = Partitions(), None


def _keep() -> None:
    before = _Kept.last
    try:
        found = Partitions(ask_partitions(), time.time(), time.monotonic())
    except SlurmError as error:
        trouble = plain(str(error))
        found = Partitions(before.partitions, before.answered, time.monotonic(), before.failures + 1, trouble)
    with _Kept.lock:
        _Kept.last = found


def ask_partitions(patience_seconds: float = PATIENCE_SECONDS) -> tuple[Partition, ...]:
    """In Slurm's order. Waits for the answer.

    Raises:
        SlurmError: Slurm refuses, or cannot be asked.
    """
    said = ask_slurm(SINFO, patience_seconds=patience_seconds)
    names = ask_slurm(DEFAULT, patience_seconds=patience_seconds).split()
    default = next((name for name in names if name.endswith("*")), "").removesuffix("*")
    return tuple(_partitions(said, default))


def _partitions(said: str, default: str) -> Iterator[Partition]:
    rows: dict[str, list[list[str]]] = {}
    for line in said.splitlines():
        parts = [plain(part.strip()) for part in line.split("|")]
        if len(parts) >= len(FIELDS) and parts[0]:
            rows.setdefault(parts[0].removesuffix("*"), []).append(parts)
    for name, nodes in rows.items():
        there = [node for node in nodes if not node[4].startswith(GONE) and not node[4].endswith("*")]
        yield Partition(
            name,
            is_open=nodes[0][1] == "up",
            is_default=name == default,
            limit=nodes[0][2],
            nodes=len(nodes),
            gone=len(nodes) - len(there),
            gpus=sum(gpus_in(node[5]) for node in there),
            taken=sum(gpus_in(node[6]) for node in there),
        )


def gpus_in(gres: str) -> int:
    """2 in `gpu:a100:2(S:0-1)`, 1 in `gpu:fake:1(IDX:0)`, 0 in `(null)`."""
    return sum(int(count) for count in GPUS.findall(gres))
