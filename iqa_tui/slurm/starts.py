"""When Slurm would start a job that is not submitted yet, by `sbatch --test-only`, which submits nothing.

It is a guess: it counts the jobs that wait now by their time limits, and changes with each job that comes or ends.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iqa_tui.slurm.ask import PATIENCE_SECONDS, SlurmError, SlurmRefused, SlurmSilent, ask_slurm
from iqa_tui.slurm.options import sbatch_flags
from iqa_tui.slurm.words import clock_words, refused_words, slurm_time
from training.runfolder.text import plain

TO_START = re.compile(r"\bto start at (\S+)(?:.* in partition (\S+))?")
"""On sbatch's standard error; versions before 20 do not name the partition."""
AT_ONCE_SECONDS = 60.0
GUESS_SECONDS = 5.0
"""How long a guess is worth waiting for."""


def refuse_what_slurm_refuses(options: Mapping[str, Any], cwd: Path, patience_seconds: float = PATIENCE_SECONDS) -> str:
    """Let Slurm judge options before anything is queued: it says at once what it would refuse at once.

    Returns:
        What sbatch says of a job that it does not refuse.

    Raises:
        SlurmError: Slurm refuses them, or cannot be asked.
    """
    line = ["sbatch", "--test-only", "--export=NIL", f"--chdir={cwd}", "--output=/dev/null", *sbatch_flags(options)]
    try:
        return ask_slurm(line, given="#!/bin/sh\n", patience_seconds=patience_seconds, says_on_errors=True)
    except SlurmRefused as refusal:
        said = str(refusal).removeprefix("allocation failure: ")
        raise SlurmRefused(refused_words(said, options)) from None


def start_words(options: Mapping[str, Any], cwd: Path, patience_seconds: float = GUESS_SECONDS) -> str:
    """`one job would start about 14:10 in partition gpu`, or why that is not known. Never raises a `SlurmError`."""
    try:
        said = refuse_what_slurm_refuses(options, cwd, patience_seconds)
    except SlurmSilent:
        return "Slurm does not answer, so it is not known when a job would start"
    except SlurmError as error:
        return plain(str(error))
    match = TO_START.search(said)
    starts = slurm_time(match[1]) if match else None
    if match is None or starts is None:
        return "Slurm does not say when a job would start"
    partition = match[2] or str(options.get("partition", ""))
    where = f" in partition {plain(partition)}" if partition else ""
    is_soon = starts - time.time() < AT_ONCE_SECONDS
    return f"one job would start {'at once' if is_soon else f'about {clock_words(starts)}'}{where}"
