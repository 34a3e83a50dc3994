"""`iqa-tui settings`: the place of the settings file, what holds, and what is wrong in it."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import fields

from iqa_tui.commands.exit_codes import ALL_WELL, USAGE
from iqa_tui.commands.text_table import columns
from iqa_tui.settings.example import example_text
from iqa_tui.settings.file import SettingsRead, read_settings
from iqa_tui.settings.read_only import read_only_source
from training.runfolder.text import plain


def run(options: argparse.Namespace) -> int:
    if options.example:
        print(example_text(), end="")
        return ALL_WELL
    found = read_settings()
    print(f"{found.path}{'' if found.is_there else ': there is none yet; `iqa-tui settings --example` prints one'}\n")
    print(columns(_rows(found)))
    for mistake in found.mistakes:
        print(f"error: {plain(mistake)}", file=sys.stderr)
    return USAGE if found.mistakes else ALL_WELL


def _rows(found: SettingsRead) -> list[list[str]]:
    """Name, value, and where it comes from."""
    settings = found.settings
    rows = [
        [each.name, _words(getattr(settings, each.name)), _source(found, each.name)]
        for each in fields(settings)
        if each.name not in ("keys", "notify")
    ]
    rows += [
        [f"notify.{each.name}", _words(getattr(settings.notify, each.name)), _source(found, f"notify.{each.name}")]
        for each in fields(settings.notify)
    ]
    rows += [[f"keys.{action}", plain(" ".join(keys)), "the file"] for action, keys in settings.keys.items()]
    return rows


def _words(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return plain(shlex.join(value)) or "none"
    return plain(f"{value:g}" if isinstance(value, float) else str(value)) or "runs"


def _source(found: SettingsRead, name: str) -> str:
    if name == "read_only" and (source := read_only_source()):
        return f"true by {source}"
    return "the file" if name in found.named else "usual"
