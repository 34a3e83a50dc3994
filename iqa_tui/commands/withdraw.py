"""`iqa-tui withdraw`: give devices to no run any more."""

from __future__ import annotations

import argparse

from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.devices.device import Device, names_device
from iqa_tui.devices.survey import Surveyor
from iqa_tui.devices.withdrawn import withdraw
from iqa_tui.errors import PlanError


def run(options: argparse.Namespace) -> int:
    for device in named_devices(options.devices):
        withdraw(device.key, options.why)
        print(f"{device.label} ({device.name}) gets no run any more; the one it has goes on.")
        print(f"  put it back: iqa-tui restore {device.key}")
    return ALL_WELL


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
