"""Which machine this is. The same host is the same machine id and the same name; a boot id tells its boots apart."""

from __future__ import annotations

import hashlib
import socket
from functools import cache
from pathlib import Path

MACHINE_ID_FILES = (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id"))
"""Made when the system was installed. A container may have none, and a cloned image has its original's."""
BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


@cache
def machine_id() -> str:
    """A digest of the machine's id, which is not to be shown itself (machine-id(5)); empty if it has none."""
    for path in MACHINE_ID_FILES:
        try:
            text = path.read_text().strip()
        except (OSError, ValueError):
            continue
        if text:
            return hashlib.sha256(f"iqa-tui {text}".encode()).hexdigest()[:16]
    return ""


def host_name() -> str:
    """As the machine calls itself."""
    return socket.gethostname()


def boot_id() -> str:
    """The kernel's name for this boot; it tells a reused pid from the process that a record means."""
    try:
        return BOOT_ID_FILE.read_text().strip()
    except OSError:
        return "unknown"


def is_this_host(machine: str, name: str) -> bool:
    """Whether a record was written on this host.

    Args:
        machine: as `machine_id` had it there; empty in records of earlier versions, for which the name alone counts.
        name: as `host_name` had it there.
    """
    return name == host_name() and machine in ("", machine_id())


def start_ticks(pid: int) -> int | None:
    """Field 22 of /proc/<pid>/stat; None if there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    return int(stat.rpartition(b")")[2].split()[19])
