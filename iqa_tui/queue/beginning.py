"""Where the next attempt at a run begins."""

from __future__ import annotations

from training.runfolder.layout import RunFolder
from training.runfolder.spec import Spec


def goes_on(run: RunFolder, spec: Spec) -> bool:
    """Whether our trainer goes on from a checkpoint; an external trainer is only started again."""
    return spec.trainer == "training" and run.has_checkpoint


def beginning_words(run: RunFolder, spec: Spec) -> str:
    """`from its last checkpoint`: what follows the word “begins”."""
    if spec.trainer != "training":
        return "as its own trainer does"
    return "from its last checkpoint" if goes_on(run, spec) else "from the start"
