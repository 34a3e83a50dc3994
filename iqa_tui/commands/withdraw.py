"""`iqa-tui withdraw`: give devices to no more runs."""

from __future__ import annotations

import argparse

from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.commands.named_devices import named_devices
from iqa_tui.devices.withdrawn import withdraw


def run(options: argparse.Namespace) -> int:
    for device in named_devices(options.devices):
        withdraw(device.key, options.why)
        print(f"{device.label} ({device.name}) gets no more runs; a run that has it goes on.")
        print(f"  put it back: iqa-tui restore {device.key}")
    return ALL_WELL
