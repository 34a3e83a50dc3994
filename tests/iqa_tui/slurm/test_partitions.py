"""What Slurm's partitions have, and how much of it is taken."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from iqa_tui.slurm.partitions import (
    PERIOD_SECONDS,
    Partition,
    Partitions,
    ask_partitions,
    forget_partitions,
    gpus_in,
    partitions_overheard,
)
from tests.fakes.slurm import FakeSlurm, slurm

__all__ = ["slurm"]
SAID = (
    "gpu|up|infinite|lab1|mix|gpu:fake:2|gpu:fake:2(IDX:0-1)|\n"
    "shut|down|infinite|lab1|mix|gpu:fake:2|gpu:fake:2(IDX:0-1)|\n"
    "gpu|up|infinite|lab2|mix|gpu:fake:2|gpu:fake:1(IDX:0)|\n"
    "cpu|up|2:00|lab3|idle|(null)|gpu:0|\n"
    "gpu|up|infinite|lab4|down*|gpu:fake:8|gpu:fake:0(IDX:N/A)|\n"
)


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    forget_partitions()
    yield
    forget_partitions()


def heard(seconds: float = 10.0) -> Partitions:
    """What the thread heard."""
    until = time.monotonic() + seconds
    while not (found := partitions_overheard()).answered and not found.failures:
        assert time.monotonic() < until
        time.sleep(0.01)
    return found


def test_gpus_of_nodes_that_start_jobs_are_counted(slurm: FakeSlurm) -> None:
    slurm.answers("sinfo", out="cpu\ngpu*\nshut\n")
    slurm.answers("sinfo", "-h", "-N", out=SAID)
    gpu, shut, cpu = ask_partitions()
    assert gpu == Partition("gpu", is_default=True, limit="infinite", nodes=3, gone=1, gpus=4, taken=3)
    assert gpu.words == "3 of 4 GPUs taken, 1 of 3 nodes off"
    assert (shut.is_open, shut.words) == (False, "closed")
    assert (cpu.limit, cpu.words) == ("2:00", "no GPU, 1 node")


@pytest.mark.parametrize(
    ("gres", "count"),
    [
        ("gpu:4", 4),
        ("gpu:a100:2(S:0-1)", 2),
        ("gpu:a100:2,gpu:v100:1", 3),
        ("mps:100,gpu:0", 0),
        ("(null)", 0),
        ("gpu:fake:1(IDX:0)", 1),
    ],
)
def test_gpus_are_read_from_whatever_else_a_node_has(gres: str, count: int) -> None:
    assert gpus_in(gres) == count


def test_a_look_waits_for_no_answer_and_asks_once_in_a_while(slurm: FakeSlurm) -> None:
    slurm.answers("sinfo", out="gpu*\n")
    slurm.answers("sinfo", "-h", "-N", out=SAID)
    assert partitions_overheard() == Partitions()
    assert heard().told == ("gpu: 3 of 4 GPUs taken, 1 of 3 nodes off", "cpu: no GPU, 1 node")
    assert heard().shares == (0.75, None)
    partitions_overheard()
    assert len(slurm.calls("sinfo", "-h", "-N")) == 1


def test_a_controller_that_is_silent_is_asked_less_often_and_the_last_answer_stays(slurm: FakeSlurm) -> None:
    slurm.is_silent()
    assert heard().told == ("does not answer",)
    old = Partitions((Partition("gpu", gpus=4, taken=3),), time.time() - 180, time.monotonic() - PERIOD_SECONDS, 2)
    assert not old.is_due
    assert old.told == ("gpu: 3 of 4 GPUs taken", "it has not answered for 3 min")
    assert old.shares == (0.75, None)
