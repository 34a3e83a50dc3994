"""What the panels of devices must know of the runs that are alive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from iqa_tui.monitor import run_words
from iqa_tui.monitor.colours import colours_of
from iqa_tui.panels.gpu_users import RunOnGpu

if TYPE_CHECKING:
    from iqa_tui.monitor.state import RunState


def runs_on_gpus(runs: Sequence[RunState], *, has_signs: bool) -> dict[str, RunOnGpu]:
    """Run id to its name and look. Looks at no run unless one is alive."""
    alive = [state for state in runs if state.phase.is_alive]
    if not alive:
        return {}
    names, looks = run_words.short_names(runs), colours_of(runs)
    return {state.run_id: RunOnGpu(names[state.run_id], looks[state.run_id], _pid(state), has_signs) for state in alive}


def _pid(state: RunState) -> int | None:
    """Of its trainer, if that is a process of this host."""
    return state.process.pid if state.process and not state.status.host else None
