"""XIDs that the driver reported, noted beside the leases for every user of the machine."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from iqa_tui.devices.gpus.sample import XidSeen
from iqa_tui.devices.gpus.xids import is_application, is_hardware, meaning
from iqa_tui.devices.withdrawn import record_xid
from iqa_tui.errors import LaunchError


def record_xids(seen: Sequence[XidSeen]) -> None:
    """Withdraw the GPU of each error of driver or hardware, and note the doubtful ones. An application's errors say
    nothing of the GPU and are left out. A journal that cannot be written stops nothing.
    """
    for event in seen:
        if is_application(event.xid):
            continue
        for key in event.keys:
            with contextlib.suppress(OSError, LaunchError):
                record_xid(key, event.xid, meaning(event.xid), withdraws=is_hardware(event.xid))
