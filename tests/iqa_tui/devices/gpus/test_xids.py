"""Which errors that the driver reports are of the GPU, and which of an application."""

from __future__ import annotations

import pytest

from iqa_tui.devices.gpus.xids import APPLICATION, HARDWARE, NOTED, is_application, is_hardware, meaning


def test_a_number_is_of_one_kind_and_has_words() -> None:
    known = [*HARDWARE, *APPLICATION, *NOTED]
    assert len(known) == len(set(known))
    assert all(meaning(xid) for xid in known)


@pytest.mark.parametrize("xid", [48, 62, 64, 74, 79, 94, 95, 119, 120, 140, 143])
def test_errors_of_driver_and_hardware_withdraw_a_gpu(xid: int) -> None:
    assert is_hardware(xid)


@pytest.mark.parametrize("xid", [13, 31, 32, 43, 45, 68, 69])
def test_what_an_application_causes_does_not(xid: int) -> None:
    assert is_application(xid)
    assert not is_hardware(xid)


@pytest.mark.parametrize("xid", [63, 92, 145, 154, 999])
def test_what_may_be_harmless_or_is_unknown_does_not(xid: int) -> None:
    assert not is_application(xid)
    assert not is_hardware(xid)


def test_an_unknown_number_says_where_to_look() -> None:
    assert meaning(999) == "see NVIDIA's catalogue of XIDs and dmesg"
