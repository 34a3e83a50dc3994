"""What Slurm answered last, kept in the owner's state folder, so that all programs of a user ask it as one.

Each cluster has a file of its own there.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from iqa_tui.slurm.here import known_cluster
from iqa_tui.slurm.words import job_words, slurm_time
from iqa_tui.trust.state_folder import state_path
from training.runfolder.errors import UnreadableFile
from training.runfolder.job import GONE_SECONDS, JobLine, JobRecord, SlurmWord
from training.runfolder.opening import read_bounded
from training.runfolder.write import write_json

FILE = "slurm{}.json"
"""With a cluster's name after a full stop."""
LARGEST_BYTES = 16 << 20
COMMENT = "iqa-tui:"
"""Before the run's id in a job's comment: Slurm gives a job's number to another one later."""
OPTION = "--comment="
"""Of sbatch's command line, as the accounting keeps it."""
SAME_SECONDS = 120.0
"""From a job's submission as Slurm noted it to the one in our record, by two clocks."""
MOST_ENDED = 2000
MOST_TIMES = 400
"""Times of answers that are remembered; the oldest of a long silence go."""
REMEMBERED_SECONDS = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Answers:
    """The last answer of squeue, and how the questions before it went."""

    answered: float = 0.0
    """Unix seconds; 0: never."""
    lines: Mapping[str, JobLine] = field(default_factory=dict)
    """By job number; this user's jobs alone."""
    times: Sequence[float] = ()
    """Of the answers, oldest first."""
    seen: Mapping[str, float] = field(default_factory=dict)
    """When an answer last had a job, by its number and comment."""
    limits: Mapping[str, str] = field(default_factory=dict)
    """Partition to its longest time, as sinfo writes it; only of those that were asked for."""
    ended: Mapping[str, JobLine] = field(default_factory=dict)
    """Jobs that squeue shows no more, by number and comment, as the accounting has them; ended ones alone."""
    taken: Mapping[str, float] = field(default_factory=dict)
    """When the job was submitted that has their number now, as the accounting says, by their number and comment."""
    asked: float = 0.0
    """Unix seconds of the last question."""
    failures: int = 0
    """Questions since the last answer."""
    trouble: str = ""
    """Why the last question got no answer, in words; empty if it got one."""

    def word_on(self, run_id: str, job: JobRecord) -> SlurmWord:
        """On the job of this number that was submitted for this run."""
        age = max(0.0, time.time() - self.answered) if self.answered else float("inf")
        line = self.line_of(run_id, job.job) or self._ended_line(run_id, job)
        if line is None:
            return self._denial(run_id, job, age)
        options = options_of(job.arguments)
        words = job_words(line, options, options.get("output", ""), self.limits.get(line.partition, ""))
        return SlurmWord(age, line, words)

    def word_of(self, run_id: str) -> SlurmWord:
        """On the newest job that was submitted for this run; on the newest that is not over, if there is one."""
        age = max(0.0, time.time() - self.answered) if self.answered else float("inf")
        jobs = self.jobs_of(run_id)
        living = [line for line in jobs if not line.is_over] or jobs
        return SlurmWord(age, living[-1], job_words(living[-1], {}, "")) if living else SlurmWord(age)

    def line_of(self, run_id: str, job: str) -> JobLine | None:
        line = self.lines.get(job)
        return line if line is not None and line.comment == comment_of(run_id) else None

    def _ended_line(self, run_id: str, job: JobRecord) -> JobLine | None:
        """Without the command line that submitted it, a job that was submitted at another time is another one."""
        line = self.ended.get(key_of(job.job, comment_of(run_id)))
        if line is not None and line.submitted is not None and abs(line.submitted - job.submitted) > SAME_SECONDS:
            return None
        return line

    def jobs_of(self, run_id: str) -> list[JobLine]:
        """Every job that was submitted for this run and that Slurm still shows, oldest first."""
        found = [line for line in self.lines.values() if line.comment == comment_of(run_id)]
        return sorted(found, key=lambda line: (line.submitted or 0.0, len(line.job), line.job))

    def _denial(self, run_id: str, job: JobRecord, age: float) -> SlurmWord:
        """Of a job that the last answer did not have."""
        key = key_of(job.job, comment_of(run_id))
        since = max(self.seen.get(key, 0.0), job.submitted)
        first = next((answered for answered in self.times if answered > since), None)
        if first is None:
            return SlurmWord(age)
        is_taken = self._is_taken(key, job)
        is_gone = is_taken or self.answered - first >= GONE_SECONDS
        return SlurmWord(age, is_gone=is_gone, is_taken=is_taken, missing_seconds=max(0.0, time.time() - first))

    def _is_taken(self, key: str, job: JobRecord) -> bool:
        """One controller gives a number to one job at a time. An old job of that number is another cluster's."""
        other = self.lines.get(job.job)
        others = (self.taken.get(key), other.submitted if other is not None else None)
        return any(when is not None and when > job.submitted - SAME_SECONDS for when in others)

    def with_answer(self, text: str, now: float) -> Answers:
        """After an answer of squeue in the format `look.FORMAT`."""
        lines = {line.job: line for line in map(parse_line, text.splitlines()) if line is not None}
        seen = {key: when for key, when in self.seen.items() if now - when < REMEMBERED_SECONDS}
        ours = (line for line in lines.values() if line.comment.startswith(COMMENT))
        seen |= {key_of(line.job, line.comment): now for line in ours}
        times = [*self.times, now][-MOST_TIMES:]
        return Answers(now, lines, times, seen, self.limits, self.ended, self.taken, asked=now)

    def with_ended(self, text: str, wanted: Mapping[str, str]) -> Answers:
        """After an answer of sacct in the format `look.SACCT`. Its RUNNING proves nothing: it may stay for ever.

        Args:
            wanted: number to comment of the jobs that were asked for.
        """
        ended, taken = dict(self.ended), dict(self.taken)
        for line in text.splitlines():
            job, state, ends, node, submitted, command = (line.split("|", 5) + [""] * 6)[:6]
            when = slurm_time(submitted)
            if job not in wanted or when is None:
                continue
            key, is_ours = key_of(job, wanted[job]), f"{OPTION}{wanted[job]}" in command.split()
            found = JobLine(job, state.split(" ")[0], "", node, None, slurm_time(ends), comment=wanted[job])
            if command and not is_ours:
                taken[key] = when
            elif found.is_over:  # a requeue makes the time of submission another one
                ended[key] = found if is_ours else replace(found, submitted=when)
        newest = dict(list(ended.items())[-MOST_ENDED:])
        return replace(self, ended=newest, taken=dict(list(taken.items())[-MOST_ENDED:]))


def parse_line(text: str) -> JobLine | None:
    """A line of squeue; None if it is not one of the format that was asked for."""
    parts = text.split("|", 10)
    if len(parts) != 11 or not parts[0]:
        return None
    job, state, reason, node, starts, ends, limit, left, partition, submitted, comment = parts
    node = "" if node in ("(null)", "None", "n/a") else node
    return JobLine(
        job,
        state,
        reason,
        node,
        slurm_time(starts),
        slurm_time(ends),
        limit,
        left,
        partition,
        slurm_time(submitted),
        comment,
    )


def comment_of(run_id: str) -> str:
    """What marks the job of a run."""
    return f"{COMMENT}{run_id}"


def key_of(job: str, comment: str) -> str:
    """Tells a job from another one that has its number later."""
    return f"{job} {comment}"


def options_of(arguments: Sequence[str]) -> dict[str, str]:
    """`{"gres": "gpu:1", "mem": "16G", …}` of sbatch's command line."""
    pairs = (word.removeprefix("--").partition("=") for word in arguments if word.startswith("--"))
    return {name: value for name, sign, value in pairs if sign}


def file_of(cluster: str) -> str:
    """The name of the file in the state folder for the answers of one cluster.

    Args:
        cluster: empty if its name is not known yet.
    """
    return FILE.format(f".{re.sub(r'[^a-z0-9_-]', '_', cluster.lower())}" if cluster else "")


_KEPT: dict[Path, tuple[tuple[int, int, int], Answers]] = {}
"""File to its stamp and what it holds."""


def last_answers(cluster: str | None = None) -> Answers:
    """As this user's programs heard them last. Never raises: what cannot be read was not heard.

    Args:
        cluster: whose; None: the one that answers on this machine.
    """
    path = state_path() / file_of(known_cluster() if cluster is None else cluster)
    try:
        found = path.stat()
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        kept = _KEPT.get(path)
        if kept is None or kept[0] != stamp:
            kept = _KEPT[path] = (stamp, _read(path))
    except (OSError, ValueError, TypeError, KeyError, UnreadableFile):
        return Answers()
    return kept[1]


def _read(path: Path) -> Answers:
    if path.stat().st_uid != os.geteuid():
        return Answers()
    content: dict[str, Any] = json.loads(read_bounded(path, LARGEST_BYTES))
    lines = [JobLine(**line) for line in content["lines"]]
    return Answers(
        float(content["answered"]),
        {line.job: line for line in lines},
        tuple(map(float, content["times"])),
        {str(key): float(when) for key, when in content["seen"].items()},
        {str(name): str(limit) for name, limit in content["limits"].items()},
        {str(key): JobLine(**line) for key, line in content.get("ended", {}).items()},
        {str(key): float(when) for key, when in content.get("taken", {}).items()},
        float(content["asked"]),
        int(content["failures"]),
        str(content["trouble"]),
    )


def keep_answers(folder: Path, answers: Answers) -> None:
    """Of the cluster that answers on this machine. Raises OSError: it cannot be written."""
    write_json(
        folder / file_of(known_cluster()),
        {
            "answered": answers.answered,
            "lines": [asdict(line) for line in answers.lines.values()],
            "times": list(answers.times),
            "seen": dict(answers.seen),
            "limits": dict(answers.limits),
            "ended": {key: asdict(line) for key, line in answers.ended.items()},
            "taken": dict(answers.taken),
            "asked": answers.asked,
            "failures": answers.failures,
            "trouble": answers.trouble,
        },
    )
