"""`iqa-tui restore`: give devices to runs again that were withdrawn by a user, or because their driver failed."""

from __future__ import annotations

import argparse

from iqa_tui.commands.exit_codes import ALL_WELL
from iqa_tui.commands.named_devices import named_devices
from iqa_tui.devices.withdrawn import restore, withdrawn_reason
from iqa_tui.queue.dispatching import revive_in_words
from training.runfolder.text import plain


def run(options: argparse.Namespace) -> int:
    for device in named_devices(options.devices):
        reason = withdrawn_reason(device.key)
        restore(device.key)
        print(
            f"{device.label} ({device.name}) is given to runs again." + (f" It was {plain(reason)}." if reason else "")
        )
    revive_in_words(options.runs_dir)
    return ALL_WELL
