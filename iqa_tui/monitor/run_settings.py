"""How a run was set, whatever is known of it: what its trainer used, else what its command says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from iqa_tui.monitor.state import RunState
from iqa_tui.plans.flags import flag_text
from training.runfolder.text import plain

LONGEST_VALUE = 200
NOT_SETTINGS = frozenset({"run_folder", "runs_dir", "resume"})


def settings_of(state: RunState) -> dict[str, str]:
    """Flag to value, without dashes; a switch has `true`. By name."""
    used = state.result.config if state.result is not None else {}
    found = {name: _text(value) for name, value in used.items()} if used else _from_command(state)
    return {plain(name): value for name, value in sorted(found.items()) if name not in NOT_SETTINGS}


def _from_command(state: RunState) -> dict[str, str]:
    words = state.spec.argv if state.spec is not None else []
    found: dict[str, str] = {}
    for word, following in zip(words, [*words[1:], "--"], strict=False):
        if word.startswith("--") and len(word) > 2:
            name, is_joined, value = word[2:].partition("=")
            found[name] = plain(value if is_joined else "true" if following.startswith("--") else following)
    return found


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool | int | float | str):
        return plain(flag_text(value), LONGEST_VALUE)
    if isinstance(value, Mapping):
        return plain(", ".join(f"{name}={_text(each)}" for name, each in value.items()), LONGEST_VALUE)
    if isinstance(value, list | tuple):
        return plain(", ".join(map(_text, value)), LONGEST_VALUE)
    return plain(str(value), LONGEST_VALUE)
