"""A device, its name and what names it."""

from __future__ import annotations

import pytest

from iqa_tui.devices.device import LONGEST_REASON, Device, DeviceState, names_device
from iqa_tui.devices.lease import Holder

GPU = Device("GPU-5f2c", "gpu", 0, "NVIDIA H100")
PART = Device("MIG-77ab", "gpu", 0, "MIG 1g.10gb", instance=1)
CPU = Device("cpu-1", "cpu", 1, "CPU, 8 threads")
NAMELESS = Device("GPU-9e", "gpu", None, "H100")


def test_a_device_is_labelled_by_kind_number_and_instance() -> None:
    assert [device.label for device in (GPU, PART, CPU, NAMELESS)] == ["GPU 0", "GPU 0:1", "CPU 1", "GPU"]


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ("0", [GPU, PART]),
        ("0:1", [PART]),
        ("1", []),
        ("GPU-5f", [GPU]),
        ("GPU-5f2c", [GPU]),
        ("MIG-77ab", [PART]),
        ("cpu", [CPU]),
        ("cpu-1", [CPU]),
        ("cpu-0", []),
        ("", []),
        ("GPU-9e", []),
    ],
)
def test_a_user_names_a_device_by_number_uuid_or_the_word_cpu(entry: str, named: list[Device]) -> None:
    assert [device for device in (GPU, PART, CPU, NAMELESS) if names_device(entry, device)] == named


def test_what_others_wrote_of_a_device_is_plain_and_bounded() -> None:
    device = Device("GPU-1", "gpu", 0, "H\x1b[31m100")
    assert "\x1b" not in device.name
    state = DeviceState(device, free=False, reason="held by \x1b]52;c;aGk=\x07" + "x" * 2 * LONGEST_REASON)
    assert "\x1b" not in state.reason
    assert len(state.reason) <= LONGEST_REASON


def test_the_holder_is_the_first_of_those_that_share_it() -> None:
    ann, bob = Holder("ann", "a"), Holder("bob", "b")
    assert DeviceState(GPU, free=True, reason="free").holder is None
    assert DeviceState(GPU, free=False, reason="shared", holders=(ann, bob)).holder == ann
