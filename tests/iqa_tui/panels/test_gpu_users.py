"""Who uses a GPU: whose process is whose."""

from __future__ import annotations

from typing import Any

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuProcess, GpuSample
from iqa_tui.devices.lease import Holder
from iqa_tui.panels.gpu_users import Detail, RunOnGpu, User, users_of
from iqa_tui.widgets.palette import series_sign, series_style

GIB = 1 << 30
NOW = 10_000.0
RUNS = {"f2": RunOnGpu("F2·s1", 3, pid=71), "f3": RunOnGpu("F3", 4, pid=72)}


def state(*processes: GpuProcess, holders: tuple[Holder, ...] = (), **sample: Any) -> DeviceState:
    seen = GpuSample(0, "GPU-a", "H100", 50 * GIB, 80 * GIB, processes=processes, **sample)
    return DeviceState(Device("GPU-a", "gpu", 0, "H100"), False, "busy", seen, holders)


def test_a_run_is_its_trainer_s_process_in_its_colour() -> None:
    trainer = GpuProcess(71, "ann", "python", 40 * GIB, NOW - 7200)
    (user,) = users_of(state(trainer, holders=(Holder("ann", "f2"),)), RUNS, NOW)
    assert user == User("F2·s1", ("python", "40.0 GiB", "2.0 h"), "series-3", 40 * GIB, mark="▌")


def test_runs_that_share_a_gpu_are_told_apart_by_their_trainers() -> None:
    processes = (GpuProcess(72, "ann", "python", 30 * GIB), GpuProcess(71, "ann", "python", 10 * GIB))
    users = users_of(state(*processes, holders=(Holder("ann", "f2"), Holder("ann", "f3"))), RUNS, NOW)
    assert [(user.who, user.memory_bytes) for user in users] == [("F2·s1", 10 * GIB), ("F3", 30 * GIB)]


def test_processes_of_one_run_are_one_line() -> None:
    processes = (GpuProcess(71, "ann", "python", 30 * GIB, NOW - 60), GpuProcess(90, "ann", "python", GIB, NOW - 30))
    (user,) = users_of(state(*processes, holders=(Holder("ann", "f2"),)), RUNS, NOW)
    assert user.details == ("python ×2", "31.0 GiB", "1 min")


def test_another_user_s_process_is_no_part_of_our_run_and_the_largest_comes_first() -> None:
    processes = (
        GpuProcess(5, "bob", "tiny", GIB),
        GpuProcess(6, "eve", "big", 9 * GIB, NOW - 3),
        GpuProcess(71, "ann"),
    )
    users = users_of(state(*processes, holders=(Holder("ann", "f2"),)), RUNS, NOW)
    assert [(user.who, user.is_ours, user.details) for user in users] == [
        ("F2·s1", True, ()),
        ("eve", False, ("big", "9.0 GiB", "3 s")),
        ("bob", False, ("tiny", "1.0 GiB")),
    ]


def test_a_run_of_another_folder_says_whose_it_is() -> None:
    (user,) = users_of(state(holders=(Holder("bob", "theirs", label="F9 CCC"),)), RUNS, NOW)
    assert (user.who, user.is_ours) == ("bob · F9 CCC", False)


def test_a_run_that_has_not_reached_its_gpu_yet_is_named() -> None:
    (user,) = users_of(state(holders=(Holder("ann", "f3"),)), RUNS, NOW)
    assert (user.who, user.details, user.memory_bytes) == ("F3", (), None)


def test_in_a_container_a_process_has_only_a_number() -> None:
    (user,) = users_of(state(GpuProcess(4711, memory_used_bytes=2 * GIB)), RUNS, NOW)
    assert (user.who, user.details) == ("pid 4711", ("2.0 GiB",))


def test_a_process_that_computes_and_draws_is_one_and_a_desktop_is_listed() -> None:
    both, desktop = GpuProcess(5, "ann", "blender", GIB), GpuProcess(6, "ann", "Xorg", GIB // 2)
    users = users_of(state(both, graphics=(GpuProcess(5, "ann", "blender", None), desktop)), RUNS, NOW)
    assert [user.details[0] for user in users] == ["blender", "Xorg"]


def test_names_that_processes_choose_reach_no_terminal_as_escapes() -> None:
    (user,) = users_of(state(GpuProcess(5, "a\x1b[2Jnn", "py\nthon\x9b")), RUNS, NOW)
    assert not set("\x1b\n\x9b") & set(user.words(Detail.ALL))


def test_a_shared_line_says_less_the_less_room_there_is() -> None:
    user = User("ann", ("python", "21.3 GiB", "3.0 h"), "", round(21.3 * GIB))
    assert [user.words(detail) for detail in Detail] == ["ann python 21.3 GiB 3.0 h", "ann 21.3 GiB", "ann"]
    assert {User("F2", ("python",), "series-1", mark="▌").words(detail) for detail in Detail} == {"F2"}


def test_a_run_has_the_look_of_its_row_and_without_colours_its_sign() -> None:
    runs = {"f2": RunOnGpu("F2", 9), "f3": RunOnGpu("F3", 9, has_sign=True)}
    coloured, signed = users_of(state(holders=(Holder("ann", "f2"), Holder("ann", "f3"))), runs, NOW)
    assert (coloured.style, coloured.mark) == (series_style(9), "▌")
    assert signed.mark == series_sign(9)
