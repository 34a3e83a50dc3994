"""Which GPU is free, and the words for those that are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iqa_tui.devices.gpus.free import MIB, Look, unknown_words, why_busy, why_not_free
from iqa_tui.devices.gpus.sample import GpuProcess, GpuSample
from iqa_tui.words.sizes import GIB

IDLE = GpuSample(2, "GPU-2", "H100", 4 * MIB, 80 * GIB, 0, 40, 60.0, ())
NOW = 100_000.0
WAY_OUT = ": only runs that declare `vram` start on it"
SHARE = ": `vram` in the plan lets a run share it"
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
        ({"processes": (ANN,)}, "held by ann, pid 4711 python (21.3 GiB, 3.0 h)"),
        ({"processes": (GpuProcess(9), ANN)}, "held by ann, pid 4711 python (21.3 GiB, 3.0 h) and 1 more"),
        ({"processes": (GpuProcess(9),)}, "held by pid 9"),
        ({"memory_used_bytes": 2 * GIB}, f"2.0 of 80 GiB are in use by a process that cannot be seen from here{SHARE}"),
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


XORG = GpuProcess(1200, "root", "Xorg", 420 * MIB)
SHELL = GpuProcess(1300, "ann", "gnome-shell", 200 * MIB)
DESKTOP = replace(
    IDLE, memory_total_bytes=8 * GIB, memory_used_bytes=620 * MIB, graphics=(XORG, SHELL, replace(SHELL, pid=1301))
)
SERVER = GpuProcess(900, "root", "nvidia-cuda-mps-server", 30 * MIB)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, f"0.6 of 8 GiB are used by graphics processes (Xorg, gnome-shell){SHARE}"),
        ({"memory_used_bytes": 200 * MIB}, None),  # a desktop at rest harms no run
        ({"graphics": (replace(XORG, name=None),)}, f"0.6 of 8 GiB are used by graphics processes (pid 1200){SHARE}"),
        (
            {"graphics": tuple(replace(XORG, name=name) for name in "abcde")},
            f"0.6 of 8 GiB are used by graphics processes (a, b, c and 2 more){SHARE}",
        ),
        (
            {"memory_used_bytes": 5 * GIB},
            (
                f"5.0 of 8 GiB are in use, 0.8 of them by graphics processes (Xorg, gnome-shell), the rest by a process "
                f"that cannot be seen from here{SHARE}"
            ),
        ),
        (
            {"memory_used_bytes": 5 * GIB, "graphics": (replace(XORG, memory_used_bytes=None),)},
            f"5.0 of 8 GiB are used by graphics processes (Xorg){SHARE}",
        ),
        ({"processes": (ANN,)}, "held by ann, pid 4711 python (21.3 GiB, 3.0 h)"),
        ({"is_exclusive": True}, "0.6 of 8 GiB are used by graphics processes (Xorg, gnome-shell)"),
    ],
)
def test_what_draws_on_a_desktops_gpu_is_named_with_the_way_out(changes: dict[str, object], words: str | None) -> None:
    assert why_busy(replace(DESKTOP, **changes), NOW) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"processes": (SERVER,)}, None),
        ({"processes": (replace(SERVER, name="nvidia-cuda-mps"),)}, None),  # the kernel's 15 letters
        ({"processes": (SERVER, ANN)}, "held by ann, pid 4711 python (21.3 GiB, 3.0 h)"),
        ({"processes": (SERVER,), "utilisation_percent": 60}, "it is 60% busy"),
        (
            {"processes": (SERVER,), "memory_used_bytes": 9 * GIB},
            f"9.0 of 80 GiB are in use through the MPS server (nvidia-cuda-mps-server){SHARE}",
        ),
        ({"processes": (SERVER,), "is_exclusive": True}, None),
    ],
)
def test_an_idle_mps_server_holds_no_gpu_and_its_clients_do(changes: dict[str, object], words: str | None) -> None:
    assert why_busy(replace(IDLE, **changes), NOW) == words


@pytest.mark.parametrize("used", [None, 60 * GIB])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, None),
        ({"processes": (ANN,)}, "held by ann, pid 4711 python (21.3 GiB, 3.0 h)"),
        ({"utilisation_percent": 60}, "it is 60% busy"),
        ({"utilisation_percent": None}, f"its driver does not tell how busy it is{WAY_OUT}"),
        ({"processes": None}, f"its driver does not tell who uses it{WAY_OUT}"),
    ],
)
def test_of_a_gpu_with_the_hosts_memory_processes_and_load_decide(
    used: int | None, changes: dict[str, object], words: str | None
) -> None:
    unified = replace(IDLE, shares_host_memory=True, memory_used_bytes=used)
    assert why_busy(replace(unified, **changes), NOW) == words


def test_what_a_declared_need_lacks_on_a_gpu_with_the_hosts_memory_is_said() -> None:
    unified = replace(IDLE, shares_host_memory=True)
    assert unknown_words(unified, has_declared_need=True) is None
    silent = replace(unified, memory_total_bytes=None)
    assert unknown_words(silent) is None
    assert unknown_words(silent, has_declared_need=True) == (
        "it uses the machine's memory, and how much of that is used is not told"
    )


def looks(*samples: tuple[float, GpuSample]) -> list[Look]:
    return [Look(at, sample) for at, sample in samples]


def test_a_gpu_is_free_after_three_idle_samples_over_four_seconds() -> None:
    busy = replace(IDLE, utilisation_percent=97)
    assert why_not_free(looks((0, IDLE), (2, IDLE), (4, IDLE)), NOW) is None
    assert why_not_free(looks((0, IDLE), (4, IDLE)), NOW) is not None
    assert why_not_free(looks((0, IDLE), (1, IDLE), (2, IDLE)), NOW) == "idle 2 of 4 s, then free"
    assert why_not_free(looks((0, IDLE), (2, busy), (4, IDLE), (6, IDLE)), NOW) is not None
    assert why_not_free(looks((0, IDLE), (2, IDLE), (4, busy)), NOW) == "it is 97% busy"


def test_one_look_is_enough_for_who_only_looks_once() -> None:
    assert why_not_free(looks((0, IDLE)), NOW, settle_seconds=0) is None
