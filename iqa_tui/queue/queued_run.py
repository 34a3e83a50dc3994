"""A run that may start: its folder and what was asked of it."""

from __future__ import annotations

from typing import NamedTuple

from training.runfolder.layout import RunFolder
from training.runfolder.schema import Spec


class QueuedRun(NamedTuple):
    """A run that may start."""

    run: RunFolder
    spec: Spec
