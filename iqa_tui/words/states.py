"""How the state of a run is said and drawn, and how an order is refused because of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from training.runfolder.phase import Phase, Status

if TYPE_CHECKING:
    from training.runfolder.layout import RunFolder

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
"""Of a result that was measured elsewhere: the plan records it, or its log was imported."""


class ShownState(NamedTuple):
    """How a run's state stands in a table."""

    glyph: str
    """One cell."""
    word: str
    style: str


RECORDED = ShownState(RECORDED_SIGN[0], "recorded", RECORDED_SIGN[1])
HELD = ShownState("⏸", "held", "warning")
ELSEWHERE = ShownState("⚿", "elsewhere", "warning")
UNSUPERVISED = ShownState("◌", "unsupervised", "warning")
OTHER_HOST_GLYPH = "⇄"
"""Of a run that is alive on another host, unless Slurm chose that host; its word is that of its state."""
SPECIAL = (
    (HELD, "queued, but a user must release it first"),
    (ELSEWHERE, "queued, but not by you on this host: adopt it"),
    (UNSUPERVISED, "alive, and no supervisor will record how it ends"),
    (ShownState(OTHER_HOST_GLYPH, "running", "accent"), "on another host, and not as a job of Slurm"),
)
"""The states beside the phases, and what they mean."""


BY_NEED = (
    Phase.UNREADABLE,
    Phase.FAILED,
    Phase.LOST,
    Phase.STOPPED,
    Phase.STOPPING,
    Phase.RUNNING,
    Phase.STARTING,
    Phase.QUEUED,
    Phase.FINISHED,
)


def by_need(status: Status) -> int:
    """Place of a state among those that a row of several runs may show: first that which needs its user most."""
    return BY_NEED.index(status.phase)


def shown_state(status: Status) -> ShownState:
    """`● running`, `⏸ held`, `⚿ elsewhere`, `◌ unsupervised`, `⇄ running` on another host."""
    if status.phase is Phase.QUEUED and (status.held or status.elsewhere):
        return HELD if status.held else ELSEWHERE
    if status.recorded:
        return RECORDED
    glyph, style = SIGNS[status.phase]
    if status.is_foreign:
        return ShownState(OTHER_HOST_GLYPH, status.phase.value, style)
    if status.phase is Phase.RUNNING and not status.supervised:
        return UNSUPERVISED
    return ShownState(glyph, status.phase.value, style)


def status_words(status: Status) -> str:
    """`failed: exit 1: …`, `running, unsupervised`, `stopped by ann, 14:02`."""
    if status.recorded:
        return RECORDED.word
    if status.phase is Phase.RUNNING and status.cause:
        return f"{status.phase.value}, {status.cause}"
    if status.phase in (Phase.STOPPED, Phase.STOPPING) and status.cause:
        return status.cause if status.phase is Phase.STOPPED else f"stopping, {status.cause}"
    if status.cause:
        return f"{status.phase.value}: {status.cause}"
    return status.phase.value


def told_state(status: Status) -> str:
    """`✗ failed: exit 1: …`, `⏸ held`: the glyph of a table, and all words."""
    shown = shown_state(status)
    return f"{shown.glyph} {shown.word if shown in (HELD, ELSEWHERE) else status_words(status)}"


def refusal(run: RunFolder, status: Status, rule: str) -> str:
    """`R is finished: there is nothing to stop.`; for an unreadable run only what is wrong with it."""
    if status.phase is Phase.UNREADABLE:
        return f"{run.run_id} is {status_words(status)}"
    if status.recorded:
        return f"{run.run_id} was imported, and nothing of it is ever started: {rule}."
    return f"{run.run_id} is {status_words(status)}: {rule}."
