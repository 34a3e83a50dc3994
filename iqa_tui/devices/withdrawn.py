"""Devices that get no runs: a user withdrew them, the driver failed under two runs on them, or it reported an error
of the hardware (an XID).

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

from iqa_tui.devices.lease import LEASE_MODE
from iqa_tui.devices.lease_folder import file_trouble, journal_file, lease_file, older_lease_files
from iqa_tui.errors import LaunchError
from iqa_tui.settings.read_only import order
from iqa_tui.words.people import user_name
from training.runfolder.errors import UnreadableFile
from training.runfolder.layout import RunFolder
from training.runfolder.opening import open_regular

XID = "xid"
NOTED_XID = "xid noted"
"""What a line says of an XID: it withdraws the device, or is only worth knowing."""
MOST_DRIVER_LOSSES = 2
"""Runs under which the driver may fail on a device before it is withdrawn."""
PUT_BACK = "put back"
LARGEST_JOURNAL_BYTES = 256 << 10
"""The end of a journal that is read: some thousand lines. Every user may add to it."""


def withdrawn_reason(key: str) -> str:
    """Why this device gets no runs; empty if it may.

    Raises:
        LaunchError: no folder for leases.
    """
    withdrawn = xid = ""
    losses: dict[str, str] = {}
    for line in _lines(key):
        if line.get("what") == PUT_BACK:
            withdrawn, xid, losses = "", "", {}
        elif line.get("what") == XID:
            xid = xid or f"withdrawn: the driver reported {_xid_words(line)}"
        elif line.get("what") == "withdrawn":
            why = f": {line['why']}" if line.get("why") else ""
            withdrawn = f"withdrawn by {line.get('by', 'an unknown user')}{why}"
        elif line.get("what") == "driver lost":
            losses[str(line.get("run"))] = str(line.get("name") or line.get("run"))
    if withdrawn or xid:
        return withdrawn or xid
    if len(losses) >= MOST_DRIVER_LOSSES:
        return f"withdrawn: the driver failed under {', '.join(losses.values())}"
    return ""


def driver_failures(key: str) -> frozenset[str]:
    """The folders of the runs under which this device's driver failed; these runs try another device first.

    Raises:
        LaunchError: no folder for leases.
    """
    return frozenset(str(line.get("run")) for line in _lines(key) if line.get("what") == "driver lost")


def record_driver_loss(keys: list[str], run: RunFolder, cause: str) -> None:
    """Note that the driver failed under this run.

    Raises:
        LaunchError: no folder for leases, or what stands in the journal's place is no file.
        OSError: the journal cannot be written.
    """
    for key in keys:
        _append(key, what="driver lost", run=str(run.shown), name=run.run_id, why=cause)


def record_xid(key: str, xid: int, words: str, *, withdraws: bool = True) -> None:
    """Note that the driver reported this XID, once until the device is restored. Raises as `record_driver_loss`.

    Args:
        words: what it means.
        withdraws: the driver or the hardware failed, so no run gets the device.
    """
    what = XID if withdraws else NOTED_XID
    if not any(line.get("what") == what and line.get("xid") == str(xid) for line in _since_restore(key)):
        _append(key, what=what, xid=str(xid), words=words)


def xids_seen(key: str) -> list[str]:
    """`XID 63 (a bad row of its memory was replaced)`, …, since the device was last restored. Raises LaunchError."""
    return [_xid_words(line) for line in _since_restore(key) if line.get("what") in (XID, NOTED_XID)]


def _xid_words(line: dict[str, Any]) -> str:
    return f"XID {line.get('xid')} ({line.get('words')})"


def _since_restore(key: str) -> list[dict[str, Any]]:
    lines = _lines(key)
    last = max((number for number, line in enumerate(lines) if line.get("what") == PUT_BACK), default=-1)
    return lines[last + 1 :]


@order("withdraws no device")
def withdraw(key: str, why: str = "") -> None:
    """Give this device to no more runs; a run that has it goes on. Raises as `record_driver_loss`."""
    _append(key, what="withdrawn", why=why)


def _lines(key: str) -> list[dict[str, Any]]:
    """What stands in the device's journals, those of earlier versions first; a torn line is skipped."""
    journals = [journal_file(lease) for lease in (*older_lease_files(key), lease_file(key))]
    return [line for journal in journals for line in _lines_in(journal)]


def _lines_in(path: Path) -> list[dict[str, Any]]:
    lines = []
    for line in _end_of(path).splitlines():
        if not line.startswith(b"{"):  # a million empty ones must cost nothing
            continue
        with contextlib.suppress(ValueError, RecursionError):
            parsed = json.loads(line)
            if isinstance(parsed, dict):
                lines.append(parsed)
    return lines


def _end_of(path: Path) -> bytes:
    """Empty if there is no such file, or it is something else: `lease_trouble` says so."""
    try:
        descriptor = open_regular(path)
    except (OSError, UnreadableFile):
        return b""
    try:
        return os.pread(descriptor, LARGEST_JOURNAL_BYTES, max(0, os.fstat(descriptor).st_size - LARGEST_JOURNAL_BYTES))
    except OSError:
        return b""
    finally:
        os.close(descriptor)


def _append(key: str, **fields: str) -> None:
    """As with leases: no O_CREAT on a file of another user, which the kernel may refuse (fs.protected_regular)."""
    line = json.dumps({"t": round(time.time(), 3), "by": user_name(), **fields}).encode() + b"\n"
    path = journal_file(lease_file(key))
    if trouble := file_trouble(path):
        raise LaunchError(f"{key}: its journal cannot be written: {trouble}.")
    flags = os.O_WRONLY | os.O_APPEND
    try:
        try:
            descriptor = open_regular(path, flags)
        except FileNotFoundError:
            descriptor = open_regular(path, flags | os.O_CREAT, LEASE_MODE)
            with contextlib.suppress(OSError):
                os.fchmod(descriptor, LEASE_MODE)
    except UnreadableFile as error:
        raise LaunchError(f"{key}: its journal cannot be written: {error}") from error
    try:
        if fields["what"] == PUT_BACK and os.fstat(descriptor).st_size > LARGEST_JOURNAL_BYTES:
            os.ftruncate(descriptor, 0)  # what stands before it no longer counts
        os.write(descriptor, b"\n" + line)
    finally:
        os.close(descriptor)


@order("restores no device")
def restore(key: str) -> None:
    """Let runs have this device again, and forget what happened on it. Raises as `record_driver_loss`."""
    _append(key, what=PUT_BACK)
