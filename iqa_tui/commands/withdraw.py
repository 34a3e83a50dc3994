"""`iqa-tui withdraw`: give devices to no run any more."""

from __future__ import annotations

import argparse

from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.commands.named_devices import named_devices
from iqa_tui.devices.withdrawn import withdraw


def run(options: argparse.Namespace) -> int:
    for device in named_devices(options.devices):
        withdraw(device.key, options.why)
        print(f"{device.label} ({device.name}) gets no run any more; the one it has goes on.")
        print(f"  put it back: iqa-tui restore {device.key}")
    return ALL_WELL
