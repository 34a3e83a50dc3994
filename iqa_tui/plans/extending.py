"""A plan that is another plan with a few things changed: `extends = "koniq-losses"`. Reads no file."""

from __future__ import annotations

from typing import Any

EXTENDS = "extends"
"""The key: the name of a preset, or the path of a file, counted from the plan's folder."""
NOT_TAKEN_OVER = ("name", "title")
"""What tells two plans apart is a plan's own."""
MERGED = "base"
"""The table of which single flags are replaced; every other key is replaced whole."""


def extended_content(other: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The content of a plan that needs the other one no more: what a run keeps of its plan.

    Args:
        other: whole, of the plan that is extended.
        own: unchecked, of the plan that extends it.
    """
    whole = {key: value for key, value in other.items() if key not in NOT_TAKEN_OVER}
    whole |= {key: value for key, value in own.items() if key != EXTENDS}
    base = own.get(MERGED)
    if isinstance(base, dict):
        whole[MERGED] = {**other.get(MERGED, {}), **base}
    return whole
