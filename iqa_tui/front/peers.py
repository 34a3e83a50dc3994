"""What the programs that our users know call an action, and on which key they have it: for the palette.

Only actions on which they disagree with us or with each other. Looked up in 2026: W&B LEET
(`core/internal/leet/keybindings.go`), nvitop (README), turm (`src/app.rs`).
"""

from __future__ import annotations

from typing import NamedTuple


class Peers(NamedTuple):
    """Of one action."""

    names: str
    """Other words that a user may type for it; empty: ours are theirs."""
    keys: str
    """Whose key is which."""


PEERS = {
    "stop_run": Peers("cancel, terminate, kill", "turm c cancels · nvitop T terminates, K kills"),
    "mark": Peers("tag", "LEET and nvitop space"),
    "filter": Peers("search runs", "LEET f filters runs, / metrics · nvitop / turns the order round"),
    "sort(-1)": Peers("", "nvitop ,"),
    "sort(1)": Peers("", "nvitop ."),
    "turn_sort": Peers("reverse", "nvitop / · LEET r sets rows"),
    "columns": Peers("", "LEET c sets the grid's columns"),
    "crosshair": Peers("inspect", "LEET c sets the grid's columns"),
    "next_y": Peers("log y", "LEET y switches to log"),
    "pin": Peers("", "LEET p"),
    "priority_run": Peers("nice", "LEET p pins a run"),
    "hold_run": Peers("suspend", "LEET and nvitop h is help"),
    "help": Peers("keys", "LEET and nvitop h too"),
    "open_run": Peers("view run, overview", "LEET enter · nvitop enter shows metrics"),
    "follow": Peers("tail", "turm end · vim and less G, F"),
    "copy": Peers("yank", "vim y · LEET y switches to log"),
    "zoom": Peers("maximise", "tmux z"),
    "zoom_curves(1)": Peers("", "LEET [ toggles a sidebar"),
    "zoom_curves(-1)": Peers("", "LEET ] toggles a sidebar"),
    "fold_devices": Peers("hide GPUs", "LEET 2 toggles the system's metrics"),
}
"""Action, as its binding has it, to what others make of it."""
