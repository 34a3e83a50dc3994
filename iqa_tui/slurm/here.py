"""Which cluster's Slurm answers on this machine.

A home, and a folder of runs, may be on the login nodes of several clusters: what one of them does not know says nothing
of a job of another one.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
from dataclasses import dataclass

from iqa_tui.errors import LaunchError
from iqa_tui.slurm.ask import KEPT, ask_slurm
from iqa_tui.slurm.node import config_of
from iqa_tui.trust.state_folder import state_folder, state_path
from training.runfolder.errors import UnreadableFile
from training.runfolder.host import host_name
from training.runfolder.opening import read_bounded
from training.runfolder.write import write_json

FILE = "slurm-here.json"
LARGEST_BYTES = 1 << 20
MOST = 500
"""Login nodes, and settings of Slurm, that are remembered."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is to be known of the cluster before anything is submitted to it."""

    name: str
    kill_wait_seconds: float


@functools.cache
def cluster() -> Cluster:
    """Of this machine. Asked once; its name is kept for programs that only look.

    Raises:
        SlurmError: there is none here, or its controller does not answer.
    """
    found = Cluster(*config_of(ask_slurm(["scontrol", "show", "config"])))
    _remember(found.name)
    return found


class _Kept:
    stamp: tuple[int, int, int] | None = None
    names: dict[str, str] = {}  # noqa: RUF012  replaced as a whole


def known_cluster() -> str:
    """The name that Slurm gave on this machine, at any time; empty if it was never heard. Never raises, never waits."""
    return _names().get(_key(), "")


def is_elsewhere(name: str) -> bool:
    """Whether a cluster of this name, as a record has it, is not the one whose Slurm answers here.

    Slurm takes names in small letters. False if either name is not known.
    """
    here = known_cluster()
    return bool(name and here) and name.lower() != here.lower()


def _key() -> str:
    """One machine may be told by its settings to ask one cluster or another."""
    return " ".join([host_name(), *(os.environ.get(name, "") for name in KEPT)])


def _names() -> dict[str, str]:
    path = state_path() / FILE
    try:
        found = path.stat()
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        if stamp != _Kept.stamp:
            content = json.loads(read_bounded(path, LARGEST_BYTES)) if found.st_uid == os.geteuid() else {}
            _Kept.names = {str(key): str(name) for key, name in content.items()}
            _Kept.stamp = stamp
    except (OSError, ValueError, AttributeError, UnreadableFile):
        return {}
    return _Kept.names


def _remember(name: str) -> None:
    known = _names()
    if name and known.get(_key()) != name:
        kept = {key: value for key, value in known.items() if key != _key()} | {_key(): name}
        with contextlib.suppress(LaunchError, OSError):
            write_json(state_folder() / FILE, dict(list(kept.items())[-MOST:]))
