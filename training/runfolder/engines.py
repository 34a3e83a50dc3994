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
"""Of the specs that a reader of format 1 would misread: those that are not local, which it would start, tuning runs,
whose scores it would put into a table, and tuned runs, which it would train without the chosen value. All others stay
readable for it.
"""
