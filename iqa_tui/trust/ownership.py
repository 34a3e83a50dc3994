"""Whose run it is."""

from __future__ import annotations

import os

from training.runfolder.layout import RunFolder


def is_ours(run: RunFolder) -> bool:
    """True if this user owns the run's folder."""
    try:
        return run.path.stat().st_uid == os.geteuid()
    except OSError:
        return False
