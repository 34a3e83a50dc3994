"""Devices that get no runs: withdrawn by somebody, because the driver failed under two runs on them, or because it
reported an error of the hardware (an XID).

One journal a device beside the leases, a line an event, append only, so that it holds for every user and every folder
of runs of this machine. A driver's failure is written by the supervisor that saw it. Standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any

from iqa_tui.launch.lease import LEASE_MODE, lease_file, user_name
from training.runfolder.layout import RunFolder

XID = "xid"
NOTED_XID = "xid noted"
"""What a line says of an XID: it sets the device aside, or is only worth knowing."""
MOST_DRIVER_LOSSES = 2
"""Runs under which the driver may fail on a device before it is set aside."""


def set_aside_reason(key: str) -> str:
    """Why this device gets no runs; empty where it may.

    Raises:
        LaunchError: no folder for leases.
    """
    withdrawn = xid = ""
    losses: dict[str, str] = {}
    for line in _lines(_journal(key)):
        if line.get("what") == "put back":
            withdrawn, xid, losses = "", "", {}
        elif line.get("what") == XID:
            xid = xid or f"set aside: the driver reported {_xid_words(line)}"
        elif line.get("what") == "withdrawn":
            withdrawn = f"withdrawn by {line.get('by', 'somebody')}" + (f": {line['why']}" if line.get("why") else "")
        elif line.get("what") == "driver lost":
            losses[str(line.get("run"))] = str(line.get("name") or line.get("run"))
    if withdrawn or xid:
        return withdrawn or xid
    if len(losses) >= MOST_DRIVER_LOSSES:
        return f"set aside: the driver failed under {', '.join(losses.values())}"
    return ""


def driver_failed_under(run: RunFolder, key: str) -> bool:
    """Whether this device's driver failed under this run before; it may have another one first.

    Raises:
        LaunchError: no folder for leases.
    """
    return any(
        line.get("what") == "driver lost" and line.get("run") == str(run.shown) for line in _lines(_journal(key))
    )


def record_driver_loss(keys: list[str], run: RunFolder, cause: str) -> None:
    """Note that the driver failed under this run.

    Raises:
        LaunchError: no folder for leases.
        OSError: the journal cannot be written.
    """
    for key in keys:
        _append(key, what="driver lost", run=str(run.shown), name=run.run_id, why=cause)


def record_xid(key: str, xid: int, words: str, *, sets_aside: bool = True) -> None:
    """Note that the driver reported this XID, once until the device is put back. Raises as `record_driver_loss`.

    Args:
        words: what it means.
        sets_aside: it is of the driver or the hardware, so no run gets the device.
    """
    what = XID if sets_aside else NOTED_XID
    if not any(line.get("what") == what and line.get("xid") == str(xid) for line in _since_put_back(key)):
        _append(key, what=what, xid=str(xid), words=words)


def xids_seen(key: str) -> list[str]:
    """`XID 63 (a bad row of its memory was replaced)`, …, since the device was last put back. Raises LaunchError."""
    return [_xid_words(line) for line in _since_put_back(key) if line.get("what") in (XID, NOTED_XID)]


def _xid_words(line: dict[str, Any]) -> str:
    return f"XID {line.get('xid')} ({line.get('words')})"


def _since_put_back(key: str) -> list[dict[str, Any]]:
    lines = _lines(_journal(key))
    last = max((number for number, line in enumerate(lines) if line.get("what") == "put back"), default=-1)
    return lines[last + 1 :]


def withdraw(key: str, why: str = "") -> None:
    """Give this device to no run any more; the one it has goes on. Raises as `record_driver_loss`."""
    _append(key, what="withdrawn", why=why)


def put_back(key: str) -> None:
    """Let runs have this device again, and forget what happened on it. Raises as `record_driver_loss`."""
    _append(key, what="put back")


def _journal(key: str) -> Path:
    return lease_file(key).with_suffix(".journal")


def _lines(path: Path) -> list[dict[str, Any]]:
    """What stands in it; a torn line is passed over."""
    try:
        content = path.read_bytes()
    except OSError:
        return []
    lines = []
    for line in content.splitlines():
        with contextlib.suppress(ValueError):
            parsed = json.loads(line)
            if isinstance(parsed, dict):
                lines.append(parsed)
    return lines


def _append(key: str, **fields: str) -> None:
    """As with leases: no O_CREAT on what another user made (fs.protected_regular)."""
    line = json.dumps({"t": round(time.time(), 3), "by": user_name(), **fields}).encode() + b"\n"
    path = _journal(key)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    except FileNotFoundError:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, LEASE_MODE)
        with contextlib.suppress(OSError):
            os.fchmod(descriptor, LEASE_MODE)
    try:
        os.write(descriptor, b"\n" + line)
    finally:
        os.close(descriptor)
