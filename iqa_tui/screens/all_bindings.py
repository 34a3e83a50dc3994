"""Every key of a screen, whatever has the focus now: for the help and the palette."""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen

from iqa_tui.screens.room import Room

TEXTUALS_OWN = ("screen.copy_text", "screen.blur", "app.focus_next", "app.focus_previous")
"""Bound by Textual on every screen; nothing here can be selected as text, and tab goes from panel to panel."""


def all_bindings(screen: Screen[object]) -> Iterator[tuple[DOMNode, Binding]]:
    """Those that have words and may be used, of the screen, of all that can have the focus on it, and of the app."""
    widgets = [node for node in screen.focus_chain if not type(node).__module__.startswith("textual.")]
    for node in (*widgets, screen, *(() if screen.is_modal else (screen.app,))):
        if isinstance(screen, Room):
            screen.give_own_keys([*node.ancestors_with_self])
        for several in node._bindings.key_to_bindings.values():  # noqa: SLF001  Textual tells only those of the focus
            for binding in several:
                is_ours = binding.description and not binding.system and binding.action not in TEXTUALS_OWN
                if is_ours and screen.app._check_action_state(binding.action, node) is not False:  # noqa: SLF001  as above
                    yield node, binding
