"""A supervisor as the job of Slurm that it is: which attempt is this job's, and which bytes are executed.

python -m iqa_tui.service.supervisor RUN_FOLDER --slurm --spec-sha256 DIGEST --environment-sha256 DIGEST
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence

from iqa_tui.processes.child import become_reaper
from iqa_tui.processes.start import child_environment, program
from iqa_tui.queue.attempts import make_attempt
from iqa_tui.service.slurm_supervision import SlurmSupervisor
from iqa_tui.slurm.node import Node, is_claimed, lock_if_possible, node_of, read_submitted
from iqa_tui.trust.signature import Signed
from training.runfolder.engines import SLURM
from training.runfolder.errors import LockHeld
from training.runfolder.exits import ExitKind
from training.runfolder.layout import AttemptFolder, RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import ExitRecord, ProcessRecord, RetryRecord
from training.runfolder.slurm_status import BY_SLURM
from training.runfolder.write import make_folder

NOTHING_TO_DO = 0
FAILED = 1
NEXT_SECONDS = 60.0


def supervise_job(run: RunFolder, folder: int, options: Sequence[str]) -> int:
    """Supervise one run as the job that this process is; the exit code is for Slurm.

    Args:
        run: held.
        folder: its descriptor.
        options: digests of the spec and the environment, each behind its name.

    Raises:
        RunFolderError, OSError: the run cannot be read, or is not what was submitted.
    """
    become_reaper()  # from here on Slurm's signals wait for us
    digests = dict(zip(options[::2], options[1::2], strict=True))
    spec, variables = read_submitted(run, digests["--spec-sha256"], digests["--environment-sha256"])
    node = node_of(os.environ)
    if not node.job or spec.engine != SLURM:
        print(f"{run.run_id}: this is no job of Slurm. `iqa-tui launch --engine slurm` submits one.", file=sys.stderr)
        return FAILED
    try:
        supervisor_lock = lock_if_possible(run.supervisor_lock)
        attempt = attempt_of(run, node)
        if attempt is None:
            return NOTHING_TO_DO
        alive = lock_if_possible(run.alive_lock)
    except LockHeld as held:
        print(f"{run.run_id}: {held}", file=sys.stderr)
        return NOTHING_TO_DO
    supervisor = SlurmSupervisor(run, Signed(spec, variables), node, [alive, folder])
    try:
        supervisor.supervise()
        return supervisor.exit_code
    finally:
        os.close(supervisor_lock)
        _submit_what_waits(run)


def attempt_of(run: RunFolder, node: Node) -> AttemptFolder | None:
    """The attempt that this job is to make, claimed; None if there is nothing for it to do.

    If the newest attempt was begun, Slurm has started its job again, and the next attempt is made.

    Raises:
        RunFolderError, OSError: a record cannot be read or written.
    """
    make_folder(run.attempts_dir)
    attempt = run.latest_attempt() or run.attempt(1)
    make_folder(attempt.path)
    if run.result.exists() or run.stop.exists():
        print(f"{run.run_id}: has a result, or was asked to stop: nothing is started", file=sys.stderr)
        return None
    if not is_claimed(attempt, node):
        print(f"{run.run_id}: attempt {attempt.number} is another job's, so job {node.job} ends", file=sys.stderr)
        return None
    ended = read_record(attempt.exit, ExitRecord)
    process = read_record(attempt.process, ProcessRecord)
    if ended is None and process is None:
        return attempt
    if ended is not None and ended.kind is ExitKind.FINISHED:
        return None
    why = ended.cause if ended is not None else f"its job left {process.host if process else 'its node'}"
    record = RetryRecord(BY_SLURM, time.time(), why, automatic=True)
    make_attempt(run.attempts_dir, attempt.number + 1, record)
    following = run.attempt(attempt.number + 1)
    return following if is_claimed(following, node) else None


def _submit_what_waits(run: RunFolder) -> None:
    """Slurm may limit how many jobs of a user wait: what was refused for that may be submitted now."""
    try:
        subprocess.run(
            program("iqa_tui.queue.submit_next", str(run.shown.parent)),
            stdin=subprocess.DEVNULL,
            env=child_environment(),
            timeout=NEXT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        print(f"what waits for a job is not submitted: {error}", file=sys.stderr)
