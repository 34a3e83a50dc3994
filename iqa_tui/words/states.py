"""How the state of a run is said and drawn, and how an order is refused because of it."""

from __future__ import annotations

from training.runfolder.layout import RunFolder
from training.runfolder.phase import Phase, Status

SIGNS = {
    Phase.QUEUED: ("○", "dim"),
    Phase.STARTING: ("◔", "accent"),
    Phase.RUNNING: ("●", "accent"),
    Phase.STOPPING: ("◐", "warning"),
    Phase.FINISHED: ("✓", "good"),
    Phase.FAILED: ("✗", "bad"),
    Phase.STOPPED: ("■", "warning"),
    Phase.LOST: ("?", "bad"),
    Phase.UNREADABLE: ("!", "bad"),
}
"""The glyph of each state, one cell wide, and the style that a screen draws the state in."""
RECORDED_SIGN = ("◆", "dim")
"""Of a result that the plan recorded."""


def status_words(status: Status) -> str:
    """`failed: exit 1: …`, `running, unsupervised`, `stopped by ann, 14:02`."""
    if status.phase is Phase.RUNNING and status.cause:
        return f"{status.phase.value}, {status.cause}"
    if status.phase in (Phase.STOPPED, Phase.STOPPING) and status.cause:
        return status.cause if status.phase is Phase.STOPPED else f"stopping, {status.cause}"
    if status.cause:
        return f"{status.phase.value}: {status.cause}"
    return status.phase.value


def refusal(run: RunFolder, status: Status, rule: str) -> str:
    """`R is finished: there is nothing to stop.`; for an unreadable run only what is wrong with it."""
    if status.phase is Phase.UNREADABLE:
        return f"{run.run_id} is {status_words(status)}"
    return f"{run.run_id} is {status_words(status)}: {rule}."
