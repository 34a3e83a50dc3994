"""Devices as a user names them."""

from __future__ import annotations

from iqa_tui.devices.device import Device, names_device
from iqa_tui.devices.survey import Surveyor
from iqa_tui.errors import PlanError


def named_devices(names: list[str]) -> list[Device]:
    """Every device that one of these names.

    Raises:
        PlanError: this machine has none of that name.
    """
    devices = [state.device for state in Surveyor(honour_mask=False, all_cpu_slots=True).survey().devices]
    for name in names:
        if not any(names_device(name, device) for device in devices):
            there = ", ".join(f"{device.label} ({device.key})" for device in devices)
            raise PlanError(f"This machine has no device {name!r}. It has {there}.")
    return [device for device in devices if any(names_device(name, device) for name in names)]
