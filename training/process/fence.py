"""Several hosts may share a folder: the trainer gives signs of life, and exits if another attempt took its run."""

from __future__ import annotations

import os

from training.errors import BadUsage, TakenOver
from training.runfolder.beat import Beat
from training.runfolder.claim import at_work_elsewhere, claim_run
from training.runfolder.errors import Fenced
from training.runfolder.fence import Fence, set_fence
from training.runfolder.layout import RunFolder

FENCE_VARIABLE = "IQA_TUI_FENCE"
"""The nonce that the supervisor wrote into `owner.json`."""


def guard_supervised(run: RunFolder, attempt: int) -> None:
    """Give signs of life, and write only while `owner.json` is our supervisor's, which may have been killed."""
    Beat(run.attempt(attempt)).keep_in_thread()
    nonce = os.environ.get(FENCE_VARIABLE, "")
    set_fence(Fence(run, nonce, TakenOver) if nonce else None)


def guard_by_hand(run: RunFolder, attempt: int) -> None:
    """Take the run as a supervisor would.

    Raises:
        BadUsage: another host began this attempt at the same moment.
        OSError: `owner.json` cannot be written.
    """
    try:
        claim_run(run, run.attempt(attempt), TakenOver).beat.keep_in_thread()
    except (Fenced, TakenOver) as error:
        raise BadUsage(str(error)) from None


def refuse_if_at_work_elsewhere(run: RunFolder) -> None:
    """Call it before a run is resumed by hand.

    Raises:
        BadUsage: another host works on it, and gave a sign of life.
    """
    words = at_work_elsewhere(run)
    if words:
        raise BadUsage(
            f"{run.path}: {words}, so it works on this run. Stop it there first, or wait until it is silent."
        )
