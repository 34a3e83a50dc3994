"""The devices in as much room as there is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuProcess, GpuSample
from iqa_tui.devices.lease import Holder
from iqa_tui.devices.survey import Survey
from iqa_tui.messages import HostLoad
from iqa_tui.panels.gpu import GpuPanel
from iqa_tui.panels.gpu_users import RunOnGpu
from iqa_tui.widgets.canvas import Line, line_width

GIB = 1 << 30
NOW = 10_000.0
RUNS = {f"run-{number}": RunOnGpu(f"F{number}·s1", number % 7, 100 + number) for number in range(16)}


def joined(line: Line) -> str:
    return "".join(text for text, _ in line)


def gpu(number: int, *, is_ours: bool = True, name: str = "NVIDIA H100 80GB HBM3") -> DeviceState:
    """With a run of this folder, or free."""
    processes = (GpuProcess(100 + number, "ann", "python", 40 * GIB, NOW - 7200),) if is_ours else ()
    sample = GpuSample(
        number, f"GPU-{number}", name, 41 * GIB if is_ours else 0, 80 * GIB, 97 if is_ours else 0, 64, 411.6, processes
    )
    holders = (Holder("ann", f"run-{number}", 1),) if is_ours else ()
    return DeviceState(Device(sample.uuid, "gpu", number, name), not is_ours, "free", sample, holders)


def panel_of(states: Sequence[DeviceState], *, compact: bool = False, note: str = "") -> GpuPanel:
    panel = GpuPanel()
    panel.set_compact(compact)
    history = {state.device.key: (0.0, 50.0, 100.0) for state in states}
    panel.show(Survey(tuple(states), note, NOW, "gpu", NOW), None, history, RUNS, NOW)
    return panel


def drawn(panel: GpuPanel, width: int, height: int) -> list[str]:
    lines = panel.draw(width, height)
    assert len(lines) <= height
    assert max(map(line_width, lines)) <= width
    return [joined(line).rstrip() for line in lines]


def test_with_room_a_gpu_has_its_memory_its_use_and_each_process() -> None:
    assert drawn(panel_of([gpu(0), gpu(1, is_ours=False)]), 42, 6) == [
        "0 mem ████████████░░░░░░░░░░░░ 41.0/80 GiB",
        "  use                ▁▃▆  97%  412 W  64°C",
        "  ▌F0·s1 · python · 40.0 GiB · 2.0 h",
        "1 mem ░░░░░░░░░░░░░░░░░░░░░░░░  0.0/80 GiB",
        "  use                ▁▃▆   0%  412 W  64°C",
        "  free",
    ]


def test_more_room_makes_gaps_and_then_higher_histories() -> None:
    panel = panel_of([gpu(0), gpu(1)])
    assert panel.lines_wanted(42, 99) == 6
    assert [line == "" for line in drawn(panel, 42, 7)].index(True) == 3
    assert len(drawn(panel, 42, 40)) == 11
    assert drawn(panel, 42, 40)[1:4] == [
        "                       ▆",
        "                      ▃█",
        "  use                ▁██  97%  412 W  64°C",
    ]


def test_eight_gpus_take_two_lines_each_whose_columns_are_the_same() -> None:
    lines = drawn(
        panel_of([*(gpu(number) for number in range(5)), *(gpu(n, is_ours=False) for n in (5, 6, 7))]), 42, 16
    )
    assert lines[:2] == ["0 mem ████████████░░░░░░░░░░░░ 41.0/80 GiB", "  F0·s1 use          ▁▃▆  97%  412 W  64°C"]
    assert lines[-1] == "  free  use          ▁▃▆   0%  412 W  64°C"


def test_sixteen_gpus_take_a_line_each() -> None:
    lines = drawn(panel_of([gpu(number) for number in range(16)]), 42, 16)
    assert len(lines) == 16
    assert lines[0] == "0  mem ██░░ 41.0/80 GiB  97%  64°C  F0·s1"
    assert all("41.0/80 GiB" in line and "97%" in line and f"F{number}·s1" in line for number, line in enumerate(lines))


@pytest.mark.parametrize(("count", "height"), [(8, 6), (8, 4)])
def test_in_eighty_columns_eight_gpus_stand_in_two_columns(count: int, height: int) -> None:
    lines = drawn(panel_of([gpu(number) for number in range(count)], compact=True), 76, height)
    assert len(lines) == 4
    assert "F0·s1" in lines[0]
    assert "F4·s1" in lines[0]
    assert lines[0].index("F0·s1") == lines[3].index("F3·s1")
    assert panel_of([gpu(number) for number in range(count)], compact=True).lines_wanted(76, 6) == 4


def test_what_does_not_fit_is_counted() -> None:
    states = [gpu(number, is_ours=number < 12) for number in range(16)]
    lines = drawn(panel_of(states, compact=True), 76, 6)
    assert lines[-1] == "6 more, 4 of them free: 1 lists them all"
    assert "F9·s1" in lines[4]


def test_few_gpus_in_eighty_columns_have_labels_history_and_power() -> None:
    assert drawn(panel_of([gpu(0), gpu(1, is_ours=False)], compact=True), 76, 6) == [
        "0 mem ███████░░░░░░░ 41.0/80 GiB  use           ▁▃▆  97%  412 W  64°C  F0·s1",
        "1 mem ░░░░░░░░░░░░░░  0.0/80 GiB  use           ▁▃▆   0%  412 W  64°C  free",
    ]


def test_a_name_that_all_have_stands_in_the_title_and_different_ones_in_the_lines() -> None:
    titles: list[str] = []
    panel = GpuPanel()
    panel.set_title = titles.append
    for states in ([gpu(0), gpu(1)], [gpu(0), gpu(1, name="NVIDIA GeForce RTX 3090")]):
        panel.show(Survey(tuple(states), "", NOW, "gpu", NOW), None, {}, RUNS, NOW)
    assert titles == ["GPUs · 2 × H100", "GPUs"]
    assert [line[2:10] for line in drawn(panel, 60, 6)[::3]] == ["H100    ", "RTX 3090"]


def test_a_gpu_that_was_withdrawn_says_so_beside_the_run_that_it_has() -> None:
    sample = GpuSample(0, "GPU-a", "NVIDIA H100 80GB HBM3", 44 << 30, 80 << 30, 97, 64)
    holder = Holder("ann", "run-2", 1, "F2 L2 (MSE)")
    state = DeviceState(Device("GPU-a", "gpu", 0, sample.name), False, "", sample, (holder,), withdrawn=True)
    text = " ".join(drawn(panel_of([state]), 76, 4))
    assert "▌F2·s1" in text
    assert "gets no more runs" in text


@pytest.mark.parametrize("width", [20, 34, 42, 76])
@pytest.mark.parametrize("height", [1, 2, 6])
@pytest.mark.parametrize("compact", [True, False])
def test_a_gpu_whose_driver_tells_nothing_shows_question_marks_not_zeros(
    width: int, height: int, compact: bool
) -> None:
    device = Device("GPU-a", "gpu", 0, "NVIDIA H100")
    silent = DeviceState(device, False, "busy", GpuSample(0, "GPU-a", "NVIDIA H100"))
    panel = panel_of([silent], compact=compact)
    text = "".join(joined(line) for line in panel.draw(width, height))
    assert "?/? GiB" in text
    assert "0%" not in text


def test_the_reason_of_a_gpu_that_is_not_free_is_said_whole() -> None:
    reason = "11.7 of 80 GiB are in use by a process that cannot be seen from here"
    sample = GpuSample(0, "GPU-a", "NVIDIA H100", 12 << 30, 80 << 30, 0, 41)
    state = DeviceState(Device("GPU-a", "gpu", 0, sample.name), False, reason, sample)
    assert " ".join(line.strip() for line in drawn(panel_of([state]), 42, 4)[2:]) == reason


def test_a_long_reason_takes_more_lines_of_the_two_and_hides_no_other_device_s_use() -> None:
    reason = "11.7 of 80 GiB are in use by a process that cannot be seen from here"
    sample = GpuSample(8, "GPU-8", "NVIDIA H100", 12 << 30, 80 << 30, 0, 41)
    unseen = DeviceState(Device("GPU-8", "gpu", 8, sample.name), False, reason, sample)
    states = [*(gpu(number) for number in range(8)), unseen]
    lines = drawn(panel_of(states), 42, 19)
    assert len(lines) == 19
    assert " ".join(line.strip() for line in lines[17:]) == reason
    assert lines[1].split() == ["F0·s1", "use", "▁▃▆", "97%", "412", "W", "64°C"]
    assert len(panel_of(states).draw(42, 18)) == 18


def test_the_title_of_another_form_is_that_of_the_last_survey() -> None:
    panel, titles = GpuPanel(), []
    panel.set_title = titles.append
    state = DeviceState(Device("GPU-a", "gpu", 0, "H100"), True, "free", GpuSample(0, "GPU-a", "H100"))
    panel.show(Survey((state,), "one is hidden", 1.0, "gpu"), None, {}, {}, 1.0)
    panel.set_compact(True)
    panel.set_compact(False)
    assert titles == ["GPUs · 1 × H100", "GPUs · 1 × H100 · one is hidden", "GPUs · 1 × H100"]


def test_a_driver_that_hangs_leaves_the_last_sample_with_its_age() -> None:
    panel, titles = GpuPanel(), []
    panel.set_title = titles.append
    panel.show(Survey((gpu(0),), "", NOW, "gpu", NOW - 40), None, {}, RUNS, NOW)
    assert titles == ["GPUs · 1 × H100 · last seen 40 s ago"]  # the survey itself is fresh


def test_without_a_gpu_there_are_slots_and_the_host() -> None:
    slot = DeviceState(Device("cpu-0", "cpu", 0, "CPU, 2 threads"), True, "free")
    panel = GpuPanel()
    panel.show(Survey((slot,), "No NVIDIA driver found", NOW), HostLoad(45.0, 2, 3 << 30, 16 << 30), {}, {}, NOW)
    lines = drawn(panel, 44, 6)
    assert lines[0] == "CPU 0  free"
    assert "45%" in lines[1]
    assert lines[-1] == "No NVIDIA driver found"


def test_a_process_that_grows_older_moves_no_bar() -> None:
    def at(now: float) -> list[int]:
        panel = GpuPanel()
        panel.set_compact(True)
        stranger = GpuProcess(5, "ann", "python", 21 * GIB, NOW - 3)
        sample = GpuSample(0, "GPU-0", "NVIDIA H100", 22 * GIB, 80 * GIB, 97, 64, 411.6, (stranger,))
        state = DeviceState(Device("GPU-0", "gpu", 0, sample.name), False, "busy", sample)
        panel.show(Survey((state,), "", NOW, "gpu", NOW), None, {}, {}, now)
        (line,) = drawn(panel, 110, 4)
        return [line.index(word) for word in ("GiB", "use", "97%", "ann")]

    assert at(NOW) == at(NOW + 9) == at(NOW + 600) == at(NOW + 100_000)
