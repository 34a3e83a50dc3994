"""Every key of every screen can be given to another action by its name, and the list of names is the app's own.

    python -m tests.iqa_tui.settings.test_actions

writes the list anew.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import ModalScreen

from iqa_tui.settings import actions

ROOMS = ("screens", "panels", "widgets")
HEAD = '''"""What keys do, by the name that `[keys]` of the settings file uses: action to its usual keys and its description.

Written by `python -m tests.iqa_tui.settings.test_actions` from the screens' bindings, which commands must not import.
"""

from __future__ import annotations

ACTIONS: dict[str, tuple[str, str]] = {
'''


def kinds() -> Iterator[type[DOMNode]]:
    """The app, its screens and all that can have the focus on one; dialogs have keys of their own."""
    for room in ROOMS:
        for module in pkgutil.iter_modules(importlib.import_module(f"iqa_tui.{room}").__path__):
            importlib.import_module(f"iqa_tui.{room}.{module.name}")
    importlib.import_module("iqa_tui.app")
    waiting = [DOMNode]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("iqa_tui.") and not issubclass(kind, ModalScreen):
            yield kind


def actions_of_the_app() -> dict[str, tuple[str, str]]:
    """Action to keys and description, in the order of their names."""
    found: dict[str, tuple[list[str], str]] = {}
    for kind in sorted(set(kinds()), key=lambda kind: (kind.__module__, kind.__name__)):
        for binding in Binding.make_bindings(kind.__dict__.get("BINDINGS", ())):
            keys, _ = found.setdefault(binding.action, ([], binding.tooltip or binding.description))
            if binding.key not in keys:
                keys.append(binding.key)
    return {action: (" ".join(sorted(keys)), words) for action, (keys, words) in sorted(found.items())}


def test_the_list_is_the_apps_own() -> None:
    assert actions_of_the_app() == actions.ACTIONS, "python -m tests.iqa_tui.settings.test_actions writes it anew"
    assert {"stop_run", "room('launch')", "move(1)", "help"} <= set(actions.ACTIONS)


if __name__ == "__main__":
    import json

    lines = [
        f"    {json.dumps(action)}: ({json.dumps(keys)}, {json.dumps(words, ensure_ascii=False)}),\n"
        for action, (keys, words) in actions_of_the_app().items()
    ]
    Path(actions.__file__).write_text(f"{HEAD}{''.join(lines)}}}\n")
