"""The process as one attempt at a run: which folder it writes, and who keeps its records.

Under a supervisor (`IQA_TUI_ATTEMPT` is set) the supervisor holds the locks and writes how the attempt began and
ended. By hand this process does both, so that the app shows such a run like any other.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import platform
import resource
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from training.config import TrainConfig
from training.errors import BadUsage, WorkerLost, exit_code, exit_kind
from training.flags import without_flags
from training.process.fence import guard_by_hand, guard_supervised, refuse_if_at_work_elsewhere
from training.process.stop_signal import StopSignal
from training.runfolder.descriptors import shown_path
from training.runfolder.errors import LockHeld
from training.runfolder.folders import close_to_others, create_run_folder, run_name
from training.runfolder.held import hold
from training.runfolder.host import boot_id, host_name, machine_id, start_ticks
from training.runfolder.layout import RunFolder
from training.runfolder.lock import take_lock
from training.runfolder.schema import ExitRecord, ProcessRecord
from training.runfolder.source import trainer_digest
from training.runfolder.spec import Spec
from training.runfolder.write import write_record

ATTEMPT_VARIABLE = "IQA_TUI_ATTEMPT"
FOLDER_VARIABLE = "IQA_TUI_FOLDER"
"""A descriptor of the run's folder, which the supervisor opened."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a run."""

    run: RunFolder
    number: int
    by_hand: bool
    should_stop: StopSignal
    started: float
    """Unix seconds."""
    began: float = field(default_factory=time.monotonic)
    """On the clock that cannot be set."""
    source_digest: str = field(default_factory=trainer_digest)
    """Of the trainer's source, before any of it can change under a run that takes hours."""


def is_under_launcher() -> bool:
    """Whether a supervisor keeps the records and gave this process one run."""
    return os.environ.get(ATTEMPT_VARIABLE, "").isdecimal()


def begin(config: TrainConfig, argv: list[str], should_stop: StopSignal) -> Attempt:
    """Find or make the run folder; by hand also lock it and write spec and process record.

    Raises:
        BadUsage: the folder holds another run, or another process works in it.
    """
    os.umask(os.umask(0o022) | 0o022)  # a run that other users may write in is not started again
    if is_under_launcher():
        if config.run_folder is None:
            raise BadUsage(f"{ATTEMPT_VARIABLE} is set, so --run_folder must name the run's folder")
        run = _folder_given(Path(config.run_folder).resolve())
        attempt = Attempt(run, int(os.environ[ATTEMPT_VARIABLE]), False, should_stop, time.time())
        guard_supervised(attempt.run, attempt.number)
    else:
        attempt = _begin_by_hand(config, argv, should_stop)
    should_stop.watch(attempt.run.stop)
    return attempt


def _folder_given(path: Path) -> RunFolder:
    """The folder that the supervisor holds, which may have been renamed since; we hold it too."""
    descriptor = os.environ.get(FOLDER_VARIABLE, "")
    return hold(RunFolder(Path(f"/proc/self/fd/{descriptor}") if descriptor.isdecimal() else path))[0]


def _begin_by_hand(config: TrainConfig, argv: list[str], should_stop: StopSignal) -> Attempt:
    os.umask(os.umask(0) | 0o022)  # only the owner may write what is made in the folder
    run = hold(_folder_by_hand(config))[0]
    try:
        # Held for life, and taken before there is a spec: an unlocked folder with a spec counts as queued.
        take_lock(run.alive_lock)
    except LockHeld:
        raise BadUsage(f"{run.shown}: another process is at work on this run") from None
    if run.spec.exists() and not config.resume:
        raise BadUsage(f"{run.shown} holds a run already; add --resume to go on with it, or name another --run_folder")
    if config.resume and run.result.exists():
        raise BadUsage(f"{run.shown} is finished: its result is in {run.result.name}")
    refuse_if_at_work_elsewhere(run)
    latest = run.latest_attempt()
    number = latest.number + 1 if latest else 1
    if latest and run.stop.exists():  # the request was for the previous attempt
        run.stop.replace(latest.path / run.stop.name)
    run.attempt(number).path.mkdir(parents=True)
    guard_by_hand(run, number)
    if not run.spec.exists():
        write_record(run.spec, _spec(config, run, argv))
    started = time.time()
    write_record(run.attempt(number).process, _process_record(started))
    return Attempt(run, number, True, should_stop, started)


def _folder_by_hand(config: TrainConfig) -> RunFolder:
    if config.run_folder is None:
        now = datetime.now()  # noqa: DTZ005 - people read it
        name = run_name(now, config.dataset, config.network_name, config.loss_type, config.seed, config.split_seed)
        return create_run_folder(Path(config.runs_dir).resolve(), name)
    run = RunFolder(Path(config.run_folder).resolve())
    if config.resume and not run.spec.exists():
        raise BadUsage(f"--resume: {run.path} holds no run")
    if not run.path.exists():
        run.path.mkdir(parents=True)
        close_to_others(run.path)
    return run


def _spec(config: TrainConfig, run: RunFolder, argv: list[str]) -> Spec:
    return Spec(
        run_id=run.run_id,
        group="by hand",
        label=config.loss_type,
        argv=[
            sys.executable,
            "-m",
            "training",
            *without_flags(argv, {"--run_folder": 1}),
            "--run_folder",
            "{run_folder}",
        ],
        created=time.time(),
        cwd=str(Path.cwd()),
        loss_type=config.loss_type,
        dataset=config.dataset,
        network=config.network_name,
        seed=config.seed,
        protocol=config.protocol,
        source_digest=trainer_digest(),
        created_by=f"{user()}@{platform.node()}",
    )


def user() -> str:
    """The user's name; the user's number if the machine has no name for it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _process_record(started: float) -> ProcessRecord:
    return ProcessRecord(
        boot_id=boot_id(),
        pid=os.getpid(),
        start_ticks=start_ticks(os.getpid()) or 0,
        host=host_name(),
        machine=machine_id(),
        started=started,
        user=user(),
    )


def end_at_once(attempt: Attempt, words: str) -> None:
    """End this process from any of its threads, if the main one can wait for a lost process only."""
    with contextlib.suppress(OSError):
        print(f"error: {words}", file=sys.stderr, flush=True)
    error = WorkerLost(words)
    if attempt.by_hand:
        end_by_hand(attempt, error, words)
    os._exit(exit_code(error))


def end_by_hand(attempt: Attempt, error: BaseException | None, words: str) -> None:
    """Write how an attempt by hand ended.

    Args:
        attempt: this one.
        error: what ended it; None if it finished.
        words: the cause for people; empty if it finished.
    """
    record = ExitRecord(
        kind=exit_kind(error),
        cause=words,
        ended=time.time(),
        elapsed_seconds=time.monotonic() - attempt.began,
        returncode=exit_code(error),
        peak_rss_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    )
    try:
        write_record(attempt.run.attempt(attempt.number).exit, record)
    except OSError as trouble:
        with contextlib.suppress(OSError):
            print(f"warning: how it ended cannot be recorded ({shown_path(str(trouble))})", file=sys.stderr)
