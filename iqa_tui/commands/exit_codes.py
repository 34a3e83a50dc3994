"""What a command may end in besides an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

ALL_WELL = 0
A_RUN_FAILED = 1
USAGE = 2
NO_DEVICE_IN_TIME = 3
ENVIRONMENT = 4
INTERRUPTED = 130


class OpenApp(NamedTuple):
    """Open the app. Commands cannot do it themselves: they never draw. (`--version` loads no dataclasses.)"""

    runs_dir: Path
    screen: str | None = None
    """None: the one that was left last."""
    plan: str | None = None
    ascii_mode: bool = False
