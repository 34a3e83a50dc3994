"""What queued runs wait for, as users read it."""

from __future__ import annotations

from collections.abc import Sequence

from iqa_tui.devices.survey import Survey
from iqa_tui.queue.queued_run import QueuedRun
from iqa_tui.queue.waits import waits_of


def waiting_reasons(
    queued: Sequence[QueuedRun], survey: Survey, alive: Sequence[QueuedRun] | None = None
) -> dict[str, str]:
    """Run id to the words for why it waits."""
    return {run_id: wait.words for run_id, wait in waits_of(queued, survey, alive).items()}
