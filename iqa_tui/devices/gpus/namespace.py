"""Whether process numbers here are the machine's own, as the driver counts them, or those of a container."""

from __future__ import annotations

from pathlib import Path

HOST_NAMESPACE = "pid:[4026531836]"
"""The namespace of process numbers outside every container (PROC_PID_INIT_INO in the kernel's proc_ns.h)."""
OWN_NAMESPACE = Path("/proc/self/ns/pid")


def counts_as_the_host(namespace: Path = OWN_NAMESPACE) -> bool:
    """Raises OSError if the system does not tell."""
    return str(namespace.readlink()) == HOST_NAMESPACE
