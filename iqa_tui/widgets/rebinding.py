"""Other keys for actions, as a user wants them.

Not by Textual's keymap: that needs an id for every binding, and a widget's own key would come before the user's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import _character_to_key

Keys = Mapping[str, Sequence[str]]
"""Action, as its binding has it, to the keys that it shall have; a sign stands for itself."""

WITH = re.compile(r"(?:(?:ctrl|shift|alt)\+)*")


def rebind(nodes: Iterable[DOMNode], keys: Keys, among: Sequence[DOMNode]) -> None:
    """Give the actions of these nodes the keys that the user wants, and take these keys from their other actions.

    Args:
        nodes: they are changed for good.
        among: all that a key is offered to, one after the other. An action that none of them has takes no key away.
    """
    actions = {binding.action for node in among for binding in _bindings(node)}
    wanted = {action: [_name(key) for key in named] for action, named in keys.items() if action in actions}
    taken = {key for named in wanted.values() for key in named}
    for node in nodes:
        bound: dict[str, list[Binding]] = {}  # in the same order, which the key bar has too
        for binding in _bindings(node):
            if binding.action in wanted:  # several times, if it had several keys
                bound |= {key: [replace(binding, key=key, key_display=None)] for key in wanted[binding.action]}
            elif binding.key not in taken:
                bound.setdefault(binding.key, []).append(binding)
        node._bindings.key_to_bindings = bound  # noqa: SLF001  Textual has no other way in


def _bindings(node: DOMNode) -> list[Binding]:
    return [each for several in node._bindings.key_to_bindings.values() for each in several]  # noqa: SLF001  as above


def _name(key: str) -> str:
    """As Textual names it: `question_mark`, `ctrl+k`."""
    match = WITH.match(key)
    before = match[0] if match else ""
    last = key[len(before) :]
    named = _character_to_key(last) if len(last) == 1 else last
    return f"{before}{named.lower() if before else named}"
