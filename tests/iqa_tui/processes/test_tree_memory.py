"""Memory of real processes: none is left out, and what they share is counted once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from iqa_tui.processes import tree_memory
from iqa_tui.processes.tree_memory import TreeMemory, descendants, proportional_bytes, resident_bytes
from tests.fakes.clock import FakeClock

MIB = 1 << 20
FAMILY = """
import os, subprocess, sys, time
block = os.urandom(64 << 20)
children = []
for _ in range(3):
    if (pid := os.fork()) == 0:
        time.sleep(60)
    children.append(pid)
far = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print(*children, far.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def family() -> Iterator[tuple[int, set[int]]]:
    """A process of 64 MiB, and its children: three that share them and one in a session of its own."""
    parent = subprocess.Popen([sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    children = {int(pid) for pid in parent.stdout.readline().split()}
    yield parent.pid, children
    for pid in (*children, parent.pid):
        os.kill(pid, 9)
    parent.communicate()


@pytest.mark.parametrize("has_children_files", [True, False])
def test_all_descendants_are_found_and_no_other(
    family: tuple[int, set[int]], monkeypatch: pytest.MonkeyPatch, has_children_files: bool
) -> None:
    if has_children_files and not tree_memory.HAS_CHILDREN_FILES:
        pytest.skip("a kernel without CONFIG_PROC_CHILDREN")
    monkeypatch.setattr(tree_memory, "HAS_CHILDREN_FILES", has_children_files)
    parent, children = family
    assert descendants(parent) == children
    assert {parent, *children} <= descendants(os.getpid())
    assert descendants(4_100_000) == set()


def test_what_processes_share_is_counted_once(family: tuple[int, set[int]]) -> None:
    parent, children = family
    pids = {parent, *children}
    assert sum(map(resident_bytes, pids)) > 4 * 64 * MIB
    if proportional_bytes(parent) is None:
        pytest.skip("this system does not tell what is shared")
    memory = TreeMemory().bytes_of(pids)
    assert memory is not None
    assert 64 * MIB < memory < 2 * 64 * MIB


def test_one_process_alone_costs_no_exact_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_memory, "proportional_bytes", lambda pid: pytest.fail("it was looked at"))
    assert TreeMemory().bytes_of([os.getpid()]) == pytest.approx(resident_bytes(os.getpid()), rel=0.5)


def test_exact_looks_cost_no_more_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, looks = FakeClock(), []

    def slow(pid: int) -> int:
        looks.append(pid)
        clock.now += 0.1
        return 50

    monkeypatch.setattr(tree_memory, "proportional_bytes", slow)
    monkeypatch.setattr(tree_memory, "resident_bytes", lambda pid: 100)
    memory = TreeMemory(clock)
    assert memory.bytes_of({1, 2}) == 100
    assert len(looks) == 2  # in 0.2 s: not again for 40 s
    clock.now += 39
    assert memory.bytes_of({1, 2}) == 100
    assert memory.bytes_of({1, 2, 3}) is None  # how much the third one shares is not known yet
    assert len(looks) == 2
    clock.now += 2
    assert memory.bytes_of({1, 2, 3}) == 150
    assert len(looks) == 5


def test_what_the_system_does_not_tell_is_taken_as_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_memory, "proportional_bytes", lambda pid: None if pid == 2 else 50)
    monkeypatch.setattr(tree_memory, "resident_bytes", lambda pid: 100)
    assert TreeMemory().bytes_of({1, 2}) == 200


def test_a_process_that_is_gone_has_nothing() -> None:
    assert resident_bytes(4_100_000) == 0
    assert proportional_bytes(4_100_000) is None
    assert TreeMemory(time.monotonic).bytes_of(set()) == 0
