"""Runs a program of Slurm and tells silence from refusal. Standard library only: the supervisor uses it.

Slurm's programs read options from the environment too: a user who launches from within a job, or has set `SBATCH_…` for
other work, must get the same job. So they see no such variable, and times come in Unix seconds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from iqa_tui.errors import LaunchError

PATIENCE_SECONDS = 30.0
"""Slurm's own programs give up after up to 18 s if no controller answers (measured)."""
SILENCE_SECONDS = 20.0
FOLDER_VARIABLE = "IQA_TUI_SLURM"
"""The folder of Slurm's programs, if PATH lacks it. A launch keeps it with each run, as an order may come from a shell
with another PATH, such as root's.
"""
KEPT = ("SLURM_CONF", "SLURM_CLUSTERS")
PREFIXES = ("SLURM_", "SBATCH_", "SQUEUE_", "SINFO_", "SCANCEL_", "SCONTROL_", "SACCT_", "SLURMD_")
SILENT = (
    "Unable to contact slurm controller",
    "Socket timed out",
    "Connection refused",
    "Connection timed out",
    "Zero Bytes were transmitted",
    "Transport endpoint",
    "Could not establish a configuration source",
    "Protocol authentication error",
    "Slurm backup controller in standby mode",
    "Slurm temporarily unable to accept job",
)
"""What they print if the controller cannot be asked; it says nothing of the job."""


class SlurmError(LaunchError):
    """Slurm did not do what it was asked."""


class SlurmMissing(SlurmError):
    """Its programs are not on this machine."""


class SlurmElsewhere(SlurmMissing):
    """The programs of this machine ask another cluster than the job's."""


class SlurmSilent(SlurmError):
    """Its controller does not answer now."""


class SlurmRefused(SlurmError):
    """It answered, and refused; the text is the last line of what it said."""


def has_slurm() -> bool:
    """Whether this machine can submit jobs."""
    return _is_on("sbatch", places_of_programs())


def has_accounting() -> bool:
    """Whether this machine can ask what became of old jobs; the cluster may keep no record of them all the same."""
    return _is_on("sacct", places_of_programs())


def places_of_programs() -> str:
    """Where Slurm's programs are looked for, in the form of PATH: in the folder that is set, then as in a shell."""
    own, path = os.environ.get(FOLDER_VARIABLE, ""), os.environ.get("PATH", os.defpath)
    return f"{own}{os.pathsep}{path}" if own else path


def program_of(name: str) -> str:
    """The whole path of a program of Slurm.

    Raises:
        SlurmMissing: there is none; the text names the folders that were searched, and what to do.
    """
    found = shutil.which(name, path=places_of_programs())
    if found is None:
        raise SlurmMissing(
            f"there is no {name} in {places_of_programs()}. If this machine has Slurm, set {FOLDER_VARIABLE} to the "
            f"folder of its programs, or PATH; if not, order it on a machine that has"
        )
    return found


def folder_of_programs() -> str:
    """The folder in which sbatch is; empty if there is none."""
    found = shutil.which("sbatch", path=places_of_programs())
    return str(Path(found).absolute().parent) if found else ""


@lru_cache(maxsize=8)
def _is_on(program: str, path: str) -> bool:
    """Kept, as every look at a run asks."""
    return shutil.which(program, path=path) is not None


def ask_slurm(
    command: Sequence[str],
    *,
    given: str | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
    says_on_errors: bool = False,
) -> str:
    """What a program of Slurm prints.

    Args:
        command: its name and arguments.
        given: its standard input.
        says_on_errors: it writes its answer to its standard error, as sbatch does if it is to submit nothing.

    Raises:
        SlurmMissing: there is no such program.
        SlurmSilent: the controller cannot be asked, or does not answer in time.
        SlurmRefused: any other failure.
    """
    program = program_of(command[0])
    try:
        answer, errors = _said(program, command, given, patience_seconds)
    except SlurmSilent:
        _Heard.silent = time.monotonic()
        raise
    return errors if says_on_errors else answer


class _Heard:
    silent = float("-inf")
    """When Slurm was silent last, in seconds of the monotonic clock."""


def was_silent_just_now() -> bool:
    """Whether this process has waited for Slurm in vain a moment ago: the next order need not wait as long again."""
    return time.monotonic() - _Heard.silent < SILENCE_SECONDS


def _said(program: str, command: Sequence[str], given: str | None, patience_seconds: float) -> tuple[str, str]:
    """What it wrote to its standard output and to its standard error."""
    try:
        done = subprocess.run(
            [program, *command[1:]],
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment(os.environ),
            timeout=patience_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SlurmSilent(f"{command[0]} gave no answer within {patience_seconds:g} s") from None
    except OSError as error:
        raise SlurmMissing(f"{program}: cannot be started ({error.strerror})") from error
    if done.returncode == 0:
        return done.stdout, done.stderr
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    last = said[-1] if said else f"{command[0]}: exit {done.returncode}"
    last = last.removeprefix(f"{command[0]}: ").removeprefix("error: ")
    if any(words in line for line in said for words in SILENT):
        raise SlurmSilent(last)
    raise SlurmRefused(last)


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Without what would change the meaning of a command."""
    kept = {name: value for name, value in variables.items() if name in KEPT or not name.startswith(PREFIXES)}
    return {**kept, "SLURM_TIME_FORMAT": "%s", "LC_ALL": "C"}
