"""The words for why a run waits."""

from __future__ import annotations

import pytest

from iqa_tui.words.waits import MOST_DEVICES, Wait, WaitKind

BUSY = tuple(f"GPU {number} is busy" for number in range(MOST_DEVICES + 2))
WORDS = {
    Wait(WaitKind.STARTS_NEXT, device="GPU 1"): "starts next on GPU 1",
    Wait(WaitKind.DISPATCHER_TROUBLE, why="no memory"): "your dispatcher cannot start it: no memory",
    Wait(WaitKind.DEVICE, device="a GPU", names=BUSY[:2]): "needs a GPU: GPU 0 is busy; GPU 1 is busy",
    Wait(WaitKind.DEVICE, device="a GPU", names=BUSY): f"needs a GPU: {'; '.join(BUSY[:MOST_DEVICES])}; 2 more busy",
    Wait(WaitKind.NO_DEVICE, device="GPU 2"): "needs GPU 2, and this machine has none",
    Wait(WaitKind.DRIVER, device="a GPU", why="It hangs."): "needs a GPU. It hangs.",
    Wait(WaitKind.SEQUENTIAL, names=("F1",)): "one at a time: waits for F1",
    Wait(WaitKind.PRIORITY, names=("F1", "F2")): "by priority: waits for F1, F2",
    Wait(WaitKind.TUNING, why="3 of 4 tuning runs"): "waits for 3 of 4 tuning runs",
    Wait(WaitKind.HELD, user="ann"): "held by ann; h or `iqa-tui release` lets it start",
    Wait(WaitKind.HELD_BY_DISPATCHER, why="3 failed", group="a b"): (
        "held: 3 failed; `iqa-tui release --group 'a b'` lets its runs start"
    ),
    Wait(WaitKind.DISK_FULL): "waits for room: the disk of the runs is full",
    Wait(WaitKind.CLOSED, why="cannot start"): "cannot start",
    Wait(WaitKind.NEEDS_ADOPTION, why="queued elsewhere: …"): "queued elsewhere: …",
    Wait(WaitKind.SLURM, why="waits for a GPU; Slurm expects 14:10"): "waits for a GPU; Slurm expects 14:10",
    Wait(WaitKind.SLURM_NEVER, why="will never start: asks 60 min"): "will never start: asks 60 min",
    Wait(WaitKind.OTHER_USER, user="ann"): "queued by ann, whose own dispatcher starts it",
}


@pytest.mark.parametrize(("wait", "words"), WORDS.items(), ids=lambda value: getattr(value, "kind", ""))
def test_each_kind_has_its_words(wait: Wait, words: str) -> None:
    assert wait.words == words
    assert wait.starts_next == (wait.kind is WaitKind.STARTS_NEXT)


def test_every_kind_is_tested() -> None:
    assert {wait.kind for wait in WORDS} == set(WaitKind)


def test_trouble_with_the_dispatcher_comes_first_and_once() -> None:
    assert Wait(WaitKind.DISK_FULL, no_dispatcher="no").words.startswith("no; waits for room")
    assert Wait(WaitKind.DISPATCHER_TROUBLE, why="no", no_dispatcher="no").words.count("no") == 2  # and in `cannot`


def test_a_run_that_could_start_for_long_says_so_and_quoted_texts_are_harmless() -> None:
    wait = Wait(WaitKind.STARTS_NEXT, device="GPU 1", could_start_seconds=120.0)
    assert (
        wait.words
        == "starts next on GPU 1, and could have started 2 min ago: its dispatcher waits for the driver or stands still"
    )
    assert Wait(WaitKind.HELD, user="ann\x1b").words.startswith(r"held by ann\x1b;")
