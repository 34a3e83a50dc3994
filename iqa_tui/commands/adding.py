"""How every command is added to the parser, with the options that all have."""

from __future__ import annotations

import argparse
from pathlib import Path

from iqa_tui.commands import option_types
from training.runfolder.engines import LOCAL, SLURM

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


def add_engine(command: argparse.ArgumentParser) -> None:
    """Which program starts the runs, and what is asked of it."""
    command.add_argument(
        "--engine",
        choices=(LOCAL, SLURM),
        default=LOCAL,
        help="slurm: each run is a job of Slurm, which gives the devices (default: local)",
    )
    command.add_argument(
        "--slurm",
        type=option_types.slurm_option,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="asked of Slurm for all, over the plan's [slurm]: partition=gpu, time=4:00:00, gres=gpu:a100:1, …",
    )
