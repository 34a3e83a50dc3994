"""A settings file in which every line is a comment: what is usual, and what else may be written."""

from __future__ import annotations

from iqa_tui.settings.actions import ACTIONS

HEAD = """\
# Settings of iqa-tui. Each line shows what is usual: remove the "# " before one to change it. If a value is wrong, the
# usual one holds; the app and `iqa-tui settings` say so.

# "auto": as light or dark as the terminal says that it is. "dark", "light"
# theme = "auto"

# Draw with ASCII alone, as --ascii.
# ascii = false

# Refuse every order, as --read-only.
# read_only = false

# The folder of all runs if --runs-dir names none. "~" is your home; a relative one counts from the current folder.
# runs_dir = "runs"

# The terminal's title says how many runs do what.
# title = true

# When the open app rings the bell: "never", "trouble" (a run failed, was lost or not started), "always" (it finished or
# was stopped, too).
# bell = "never"

# How the open app asks the terminal for a notification of the desktop: "off", "9" (iTerm2, kitty, WezTerm), "777"
# (foot, Ghostty, urxvt).
# osc = "off"

# A command that is run when a run ends, whether an app is open or not. No shell reads it; the event is JSON on its
# standard input. `iqa-tui doctor --notify` tries it.
# [notify]
# command = ["mail", "-s", "iqa-tui", "me@example.org"]
# when = "always"
# timeout_seconds = 20

# Other keys for an action: "K", "?", "ctrl+k", "f8", or a list of keys. An action with brackets is written in quotes.
# [keys]
"""
SIGNS = {
    "question_mark": "?",
    "slash": "/",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "less_than_sign": "<",
    "greater_than_sign": ">",
}


def example_text() -> str:
    """The whole file."""
    return HEAD + "".join(
        f"# {_name(action)} = {_keys(keys)}  # {words}\n" for action, (keys, words) in ACTIONS.items()
    )


def _name(action: str) -> str:
    return action if action.replace("_", "").isalnum() else f'"{action}"'


def _keys(keys: str) -> str:
    """As TOML has it: a text or a list of texts."""
    quoted = [f'"{SIGNS.get(key, key)}"' for key in keys.split()]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"
