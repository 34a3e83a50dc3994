"""How every command is added to the parser, with the options that all have."""

from __future__ import annotations

import argparse
from pathlib import Path

Subparsers = argparse._SubParsersAction  # noqa: SLF001  argparse gives it no public name


def add_command(
    commands: Subparsers[argparse.ArgumentParser], name: str, words: str, refused: str = ""
) -> argparse.ArgumentParser:
    """Args:
    refused: of a command that orders: what a program that is read only does not do.
    """
    command = commands.add_parser(name, help=words, description=words[0].upper() + words[1:] + ".", allow_abbrev=False)
    command.set_defaults(command=name, refused=refused)
    # Without a default of its own: the one before the command's name stands.
    command.add_argument("--runs-dir", type=Path, default=argparse.SUPPRESS, help="the folder of all runs")
    command.add_argument("--read-only", action="store_true", default=argparse.SUPPRESS, help="order nothing")
    return command
