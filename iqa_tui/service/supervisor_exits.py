"""Exit codes of a supervisor, read by the dispatcher."""

from __future__ import annotations

EXIT_NOT_QUEUED = 10
"""Another process has the run, or it is over."""
EXIT_DEVICE_TAKEN = 11
"""Another run has the device: this one stays queued."""
EXIT_NO_ROOM = 12
"""The disk is full: this run stays queued, as its work could not be kept."""
EXIT_NO_PROCESS = 13
"""The system starts no more processes for this user: this run stays queued, as that passes."""
EXIT_NO_LEASE = 14
"""The lease files of a device cannot be used: this run stays queued, for another device, or until they can."""
