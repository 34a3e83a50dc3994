"""The devices in lines that fit, and their holders."""

from __future__ import annotations

from pathlib import Path

import pytest

from iqa_tui.devices.device import Device, DeviceState
from iqa_tui.devices.gpus.sample import GpuSample
from iqa_tui.devices.lease import Holder
from iqa_tui.devices.survey import Survey
from iqa_tui.messages import HostLoad
from iqa_tui.panels.gpu import Form, GpuPanel, Place, device_lines, host_lines, short_name
from iqa_tui.widgets.canvas import Line, line_width


def joined(line: Line) -> str:
    return "".join(text for text, _ in line)


@pytest.mark.parametrize("width", [20, 34, 44, 76])
@pytest.mark.parametrize("form", Form)
def test_a_gpu_whose_driver_tells_nothing_shows_question_marks_not_zeros(width: int, form: Form) -> None:
    device = Device("GPU-a", "gpu", 0, "NVIDIA H100")
    silent = DeviceState(device, False, "busy", GpuSample(0, "GPU-a", "NVIDIA H100"))
    text = "".join(map(joined, device_lines(silent, (), ("busy", "warning"), Place(width, form))))
    assert "?/? GiB" in text
    assert "0%" not in text


def test_a_gpu_in_two_lines_fits_its_panel() -> None:
    sample = GpuSample(0, "GPU-a", "NVIDIA H100 80GB HBM3", 44 << 30, 80 << 30, 97, 64)
    state = DeviceState(Device("GPU-a", "gpu", 0, sample.name), False, "held", sample)
    lines = device_lines(state, (1.0, 50.0, 100.0), ("F2 L2 (MSE)", "accent"), Place(44, Form.TWO_LINES))
    assert [line_width(line) for line in lines] == [44, 44]
    assert "44.0/80 GiB" in joined(lines[0])
    assert "97%" in joined(lines[0])
    assert "64°C" in joined(lines[0])
    assert joined(lines[1]).endswith("▁▅█")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA GeForce RTX 3090", "RTX 3090"),
        ("NVIDIA A100-SXM4-80GB", "A100-SXM4-80GB"),
        ("Tesla V100 PCIe 32GB", "V100"),
        ("NVIDIA", "NVIDIA"),
    ],
)
def test_a_gpu_is_called_by_its_model(name: str, short: str) -> None:
    assert short_name(name) == short


def test_a_gpu_that_was_withdrawn_says_so_beside_the_run_that_it_has() -> None:
    sample = GpuSample(0, "GPU-a", "NVIDIA H100 80GB HBM3", 44 << 30, 80 << 30, 97, 64)
    holder = Holder("ann", "run", 1, "F2 L2 (MSE)")
    state = DeviceState(Device("GPU-a", "gpu", 0, sample.name), False, "", sample, (holder,), withdrawn=True)
    panel = GpuPanel()
    panel.show(Survey((state,), "", 1.0, "gpu"), None, {}, {"run": "F2 L2 (MSE)"}, 1.0)
    assert "F2 L2 (MSE); gets no more runs" in "".join(map(joined, panel.draw(76, 4)))


def test_the_host_is_said_plainly() -> None:
    host = HostLoad(45.0, 2, 3 << 30, 16 << 30)
    text = joined(host_lines(host, 44, compact=False)[0])
    assert "2 cores" in text
    assert "45%" in text
    assert line_width(host_lines(host, 76, compact=True)[0]) <= 76


def test_gpus_and_parts_of_them_stand_in_line_and_name_every_holder(tmp_path: Path) -> None:
    whole, part = Device("GPU-a", "gpu", 0, "H100"), Device("MIG-b", "gpu", 1, "H100 MIG", instance=2)
    holders = tuple(
        Holder("ann", run_id, 1, label, reserved_bytes=1) for run_id, label in (("x", "F2 L2"), ("y", "F3"))
    )
    shared = DeviceState(whole, False, "shared by …", GpuSample(0, "GPU-a", "H100", 1 << 30, 80 << 30, 50), holders)
    other = DeviceState(part, True, "free", GpuSample(1, "MIG-b", "H100", 1 << 30, 80 << 30, None, instance=2))
    panel = GpuPanel()
    panel.set_compact(True)
    panel.redraw = lambda: None
    panel.set_title = lambda title: setattr(panel, "shown_title", title)
    panel.show(Survey((shared, other), "", 100.0, "gpu", 60.0), None, {}, {"x": "F2 L2 (MSE)"}, now=100.0)
    first, second = (joined(line) for line in panel.draw(80, 9))
    assert first.index("H100") == second.index("H100") == 4
    assert first.startswith("0   H100")
    assert second.startswith("1:2 H100")
    assert first.endswith("F2 · F3")
    assert panel.shown_title == "GPUs · last seen 40 s ago"  # their driver hangs; the survey itself is fresh


def test_the_title_of_another_form_is_that_of_the_last_survey() -> None:
    panel, titles = GpuPanel(), []
    panel.set_title = titles.append
    state = DeviceState(Device("GPU-a", "gpu", 0, "H100"), True, "free", GpuSample(0, "GPU-a", "H100"))
    panel.show(Survey((state,), "one is hidden", 1.0, "gpu"), None, {}, {}, 1.0)
    panel.set_compact(True)
    panel.set_compact(False)
    assert titles == ["GPUs", "GPUs · one is hidden", "GPUs"]
