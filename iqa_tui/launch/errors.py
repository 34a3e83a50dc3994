"""What can go wrong between a plan and a running trainer. The text is for people and names the next thing to do."""

from __future__ import annotations


class LaunchError(Exception):
    """Something asked of the launcher cannot be done."""


class PlanError(LaunchError):
    """A plan that cannot be read, or not be followed."""
