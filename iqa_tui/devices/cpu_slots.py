"""CPU slots: how many runs share this machine's cores, and how many threads each gets. Standard library only."""

from __future__ import annotations

import os

from iqa_tui.errors import LaunchError

SLOTS_VARIABLE = "IQA_TUI_CPU_SLOTS"


def cpu_slots() -> int:
    """How many runs may share the CPU: `$IQA_TUI_CPU_SLOTS`, else 1.

    Raises:
        LaunchError: the variable holds no number of at least 1.
    """
    text = os.environ.get(SLOTS_VARIABLE, "1")
    if not text.isdecimal() or int(text) < 1:
        raise LaunchError(f"{SLOTS_VARIABLE}={text!r}: write a number of at least 1, or unset it.")
    return int(text)


def threads_per_slot() -> int:
    """Cores that this process may use, shared out evenly; at least 1."""
    return max(1, len(os.sched_getaffinity(0)) // cpu_slots())
