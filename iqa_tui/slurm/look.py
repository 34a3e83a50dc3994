"""Asks Slurm what its jobs do: one squeue for all runs of a user, at most every 15 s, for all programs.

A controller that does not answer is asked less and less often. A program that shows runs never waits for it: a thread
asks, and what was heard last is shown with its age.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from iqa_tui.errors import LaunchError
from iqa_tui.slurm.answers import Answers, comment_of, keep_answers, key_of, last_answers
from iqa_tui.slurm.ask import PATIENCE_SECONDS, SlurmError, SlurmRefused, ask_slurm, has_accounting, has_slurm
from iqa_tui.slurm.here import cluster, is_elsewhere, known_cluster
from iqa_tui.trust.state_folder import state_folder
from training.runfolder.errors import LockHeld, RunFolderError
from training.runfolder.job import JobRecord, SlurmWord
from training.runfolder.lock import take_lock

PERIOD_SECONDS = 15.0
LONGEST_PAUSE_SECONDS = 300.0
JUST_NOW_SECONDS = 2.0
"""An answer of that age is as good as a new one."""
LOCK = "slurm.lock"
"""In the state folder: one question at a time."""
FORMAT = "%i|%T|%r|%N|%S|%e|%l|%L|%P|%V|%k"
"""The comment comes last, as it may hold anything. `--json` differs from version to version."""
SACCT = ["sacct", "-n", "-X", "-P", "-o"]
FIELDS = "JobID,State,End,NodeList,Submit"
COMMAND = "SubmitLine"
"""Since Slurm 21.08: it has the run's comment, which the accounting does not keep by itself."""
SACCT_SECONDS = 60.0
SQUEUE = ["squeue", "-h", "-r", "-t", "all", "--me", "-o", FORMAT]


def look(*, at_once: bool = False) -> Answers:
    """What Slurm's jobs do. Waits for the answer.

    Args:
        at_once: ask now, even if the last answer is not 15 s old; not if another process asks just now.

    Returns:
        The last answers, whether this question got one or not. Never raises.
    """
    before = last_answers()
    now = time.time()
    if not has_slurm() or not (at_once or is_due(before, now)):
        return before
    try:
        folder = state_folder()
        with _alone(folder / LOCK):
            answers = _asked(last_answers())
            keep_answers(folder, answers)
            return answers
    except (LockHeld, LaunchError, RunFolderError, OSError):
        return last_answers()


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Without locks, on a disk that has none, two programs may ask at once: that costs Slurm little."""
    descriptor = None
    with contextlib.suppress(OSError):
        descriptor = take_lock(path, wait_seconds=0.0)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _asked(before: Answers) -> Answers:
    now = time.time()
    try:
        if not known_cluster() and cluster().name:
            before = last_answers()
        answers = before.with_answer(ask_slurm(SQUEUE), now)
    except SlurmError as error:
        return replace(before, asked=now, failures=before.failures + 1, trouble=str(error))
    wanted = {line.partition for line in answers.lines.values() if line.reason == "PartitionTimeLimit"}
    if wanted - set(answers.limits):
        with contextlib.suppress(SlurmError):
            said = ask_slurm(["sinfo", "-h", "-o", "%R|%l"])
            answers = replace(answers, limits=dict(line.split("|", 1) for line in said.splitlines() if "|" in line))
    return _with_ended(answers)


class _Wanted:
    jobs: ClassVar[dict[str, str]] = {}
    """Number to comment of jobs that a run names and the last answer did not have."""
    asked: ClassVar[dict[str, float]] = {}
    """When the accounting was asked for them last, in seconds of the monotonic clock."""


def _with_ended(answers: Answers, patience_seconds: float = PATIENCE_SECONDS) -> Answers:
    """Ask the accounting, if there is one, for jobs that squeue shows no more; for each once a minute."""
    now = time.monotonic()
    wanted = {
        job: comment
        for job, comment in _Wanted.jobs.copy().items()
        if job not in answers.lines
        and key_of(job, comment) not in answers.ended
        and now - _Wanted.asked.get(job, float("-inf")) >= SACCT_SECONDS
    }
    if not wanted or not has_accounting():
        return answers
    _Wanted.asked.update(dict.fromkeys(wanted, now))
    try:
        said = _accounting(",".join(wanted), patience_seconds)
        return answers.with_ended(said, wanted)
    except SlurmError:
        return answers


def _accounting(jobs: str, patience_seconds: float) -> str:
    try:
        return ask_slurm([*SACCT, f"{FIELDS},{COMMAND}", "-j", jobs], patience_seconds=patience_seconds)
    except SlurmRefused as refusal:
        if COMMAND not in str(refusal):
            raise
    return ask_slurm([*SACCT, FIELDS, "-j", jobs], patience_seconds=patience_seconds)


def is_due(answers: Answers, now: float) -> bool:
    """Whether it is time to ask again: 15 s after an answer, after failures twice as long each time, to 5 min."""
    pause = min(PERIOD_SECONDS * 2 ** min(answers.failures, 10), LONGEST_PAUSE_SECONDS)
    return not 0 <= now - answers.asked < pause


class _Asking:
    lock = threading.Lock()
    thread: threading.Thread | None = None
    began = 0.0
    """When the thread was started, in seconds of the monotonic clock."""


def look_in_a_thread(*, at_once: bool = False) -> threading.Thread | None:
    """Ask in the background if it is time to; None if nothing is asked."""
    with _Asking.lock:
        if _Asking.thread is not None and _Asking.thread.is_alive():
            return _Asking.thread
        if not (at_once or is_due(last_answers(), time.time())) or not has_slurm():
            return None
        thread = threading.Thread(target=look, kwargs={"at_once": at_once}, name="asks Slurm", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads may be started
            return None
        _Asking.thread, _Asking.began = thread, time.monotonic()
        return thread


class Overheard:
    """Slurm's last answers, for those who show runs: asking for a word asks Slurm in the background if it is time."""

    def word_on(self, run_id: str, job: JobRecord) -> SlurmWord:
        look_in_a_thread()
        return _word_on(run_id, job)

    def word_of(self, run_id: str) -> SlurmWord:
        look_in_a_thread()
        return last_answers().word_of(run_id)


def _word_on(run_id: str, job: JobRecord) -> SlurmWord:
    """Slurm here knows nothing of another cluster's job: what that one was heard to say counts, with its age."""
    if is_elsewhere(job.cluster):
        return replace(last_answers(job.cluster).word_on(run_id, job), cluster=job.cluster)
    word = last_answers().word_on(run_id, job)
    if word.line is None:
        _Wanted.jobs[job.job] = comment_of(run_id)
    return word


class Asked:
    """Slurm's answers of now, for those who order something or look only once: the first word waits, but not long."""

    def __init__(self, patience_seconds: float = 5.0) -> None:
        self._patience_seconds = patience_seconds
        self._is_asked = False
        self._until = 0.0

    def word_of(self, run_id: str) -> SlurmWord:
        self._ask()
        return last_answers().word_of(run_id)

    def _ask(self) -> None:
        if self._is_asked:
            look_in_a_thread()
        else:
            self._is_asked = True
            self._until = time.monotonic() + self._patience_seconds
            thread = look_in_a_thread(at_once=time.time() - last_answers().asked > JUST_NOW_SECONDS)
            if thread is not None:
                thread.join(max(0.0, _Asking.began + self._patience_seconds - time.monotonic()))

    def word_on(self, run_id: str, job: JobRecord) -> SlurmWord:
        self._ask()
        word = _word_on(run_id, job)
        left = self._until - time.monotonic()
        if word.line is not None or word.cluster or not word.is_fresh or left <= 0:
            return word
        before = last_answers()
        answers = _with_ended(before, left)
        if answers is not before:
            with contextlib.suppress(LaunchError, OSError):
                keep_answers(state_folder(), answers)
        return answers.word_on(run_id, job)
