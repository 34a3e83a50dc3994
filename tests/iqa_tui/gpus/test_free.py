"""Which GPU is free, and the words for those that are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iqa_tui.gpus.free import GIB, MIB, Look, duration_words, why_busy, why_not_free
from iqa_tui.gpus.sample import GpuProcess, GpuSample

IDLE = GpuSample(2, "GPU-2", "H100", 4 * MIB, 80 * GIB, 0, 40, 60.0, ())
NOW = 100_000.0
WAY_OUT = ": only runs that declare `vram` start on it"
ANN = GpuProcess(4711, "ann", "python", int(21.3 * GIB), NOW - 3 * 3600)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"memory_used_bytes": 300 * MIB}, None),
        ({"memory_used_bytes": int(1.5 * GIB)}, None),  # 2% of 80 GiB are 1.6
        ({"processes": None}, f"its driver does not tell who uses it{WAY_OUT}"),
        ({"utilisation_percent": None, "instance": 1}, None),
        ({"problem": "the driver has lost it"}, "the driver has lost it"),
        ({"utilisation_percent": 10}, None),
        ({"processes": (ANN,)}, "held by ann, pid 4711 python (21.3 GiB, 3 h)"),
        ({"processes": (GpuProcess(9), ANN)}, "held by ann, pid 4711 python (21.3 GiB, 3 h) and 1 more"),
        ({"processes": (GpuProcess(9),)}, "held by pid 9"),
        ({"memory_used_bytes": 2 * GIB}, "2.0 of 80 GiB are in use by a process that cannot be seen from here"),
        ({"memory_used_bytes": None}, "its driver does not tell how much memory is used"),
        ({"utilisation_percent": None}, f"its driver does not tell how busy it is{WAY_OUT}"),
        ({"utilisation_percent": 11}, "it is 11% busy"),
    ],
)
def test_one_sample_says_why_it_is_busy(changes: dict[str, object], words: str | None) -> None:
    assert why_busy(replace(IDLE, **changes), NOW) == words


def test_an_old_drivers_reserve_is_no_use() -> None:
    small = replace(IDLE, memory_total_bytes=8 * GIB, memory_used_bytes=916 * MIB)
    assert why_busy(small, NOW) is not None
    assert why_busy(replace(small, memory_counts_reserve=True), NOW) is None


def looks(*samples: tuple[float, GpuSample]) -> list[Look]:
    return [Look(at, sample) for at, sample in samples]


def test_a_gpu_is_free_after_three_idle_samples_over_four_seconds() -> None:
    busy = replace(IDLE, utilisation_percent=97)
    assert why_not_free(looks((0, IDLE), (2, IDLE), (4, IDLE)), NOW) is None
    assert why_not_free(looks((0, IDLE), (4, IDLE)), NOW) is not None
    assert why_not_free(looks((0, IDLE), (1, IDLE), (2, IDLE)), NOW) == "idle for 2 s; taken once it was for 4 s"
    assert why_not_free(looks((0, IDLE), (2, busy), (4, IDLE), (6, IDLE)), NOW) is not None
    assert why_not_free(looks((0, IDLE), (2, IDLE), (4, busy)), NOW) == "it is 97% busy"


def test_one_look_is_enough_for_who_only_looks_once() -> None:
    assert why_not_free(looks((0, IDLE)), NOW, settle_seconds=0) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-3, "0 s"), (40, "40 s"), (720, "12 min"), (3 * 3600 + 5, "3 h"), (47 * 3600, "47 h"), (49 * 3600, "2 days")],
)
def test_durations_are_said_with_one_number(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words
