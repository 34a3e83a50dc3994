"""How often the programs that outlive the app look again. One setting shortens all of these periods, since tests wait
for the looks. Standard library only: the supervisor uses it.
"""

from __future__ import annotations

import os

HASTE_VARIABLE = "IQA_TUI_HASTE"
"""Every period is divided by this number. Each look costs time of the CPU, so users leave it unset."""


def hastened(seconds: float) -> float:
    """The period divided by `$IQA_TUI_HASTE`; as it is if that is unset, or no number of at least 1."""
    try:
        haste = float(os.environ.get(HASTE_VARIABLE, "1"))
    except ValueError:
        return seconds
    return seconds / haste if 1 <= haste < float("inf") else seconds


DISPATCHER_SECONDS = hastened(0.4)
"""From one look of the dispatcher at its queue to the next."""
SUPERVISOR_SECONDS = hastened(0.25)
"""How long a stop request may lie unseen by the supervisor. The kernel tells of exits at once."""
SAMPLE_SECONDS = hastened(10.0)
"""From one line of a run's `machine.jsonl` to the next, once it has run for half a minute."""
SAMPLER_PAUSE_SECONDS = hastened(60.0)
"""How long a supervisor waits before it starts a sampler again that has exited; each time twice as long."""
LEASES_SECONDS = hastened(5.0)
"""From one look of a supervisor at the files of its leases to the next."""
ORPHANS_SECONDS = hastened(2.0)
"""From one look of the dispatcher at runs without a supervisor to the next."""
FAILURES_SECONDS = hastened(5.0)
"""From one look of the dispatcher at failed runs to the next while no run begins or ends: meanwhile one may have
trained for long enough.
"""
XIDS_SECONDS = hastened(10.0)
"""How often the driver is asked for XIDs while no survey is taken."""
NEW_GPUS_SECONDS = hastened(2.0)
"""How often the driver is asked again for a GPU that it does not show yet."""
TRY_AGAIN_SECONDS = hastened(5.0)
"""How long nothing is started after the disk was found full, or no process could be started."""
TAKEN_SECONDS = hastened(5.0)
"""How long a run is postponed that another process has, or had at the last look."""
