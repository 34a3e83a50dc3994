"""What becomes of a run once its spec is written."""

from __future__ import annotations

FORMAT = 1
"""Version of the layout of a run folder. It grows when an old reader would misread a new folder."""

LOCAL = "local"
"""A supervisor of one of this user's hosts starts it."""
RECORDED = "recorded"
"""It was measured elsewhere: its log was imported together with its result, and nothing of it is ever started."""
SLURM = "slurm"
"""A job of Slurm is submitted for it, and Slurm gives it a node and its devices."""
ENGINES = (LOCAL, RECORDED, SLURM)

SPEC_FORMAT = 2
"""Of the specs that a reader of format 1 would misread, as it would start them: those that are not local. All others
stay readable for it.
"""
