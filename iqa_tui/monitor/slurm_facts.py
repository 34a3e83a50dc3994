"""What a run's page says of its job of Slurm."""

from __future__ import annotations

import time
from collections.abc import Iterator

from iqa_tui.monitor.state import RunState
from iqa_tui.plans.flags import shell_words
from iqa_tui.slurm.options import sbatch_flags
from iqa_tui.slurm.words import clock_words, limit_words
from iqa_tui.words.durations import duration_words
from training.runfolder.job import JOB_OUTPUT, Course, JobLine, SlurmWord


def slurm_facts(state: RunState) -> Iterator[tuple[str, str]]:
    """(name, value) of each fact; none for a run that Slurm does not start."""
    if state.spec is None or not state.is_of_slurm:
        return
    yield "asked for", shell_words(sbatch_flags(state.spec.slurm)) or "what the cluster gives by itself"
    if state.job is None:
        return
    yield "job", f"{state.job.job} on {state.job.cluster}"
    if state.slurm is not None and state.slurm.line is not None:
        yield from _of_line(state.slurm.line)
    if state.slurm is not None and not state.slurm.is_fresh:
        yield "heard", _heard_words(state.slurm)
    yield "its output", str(state.run.shown / JOB_OUTPUT)


def _of_line(line: JobLine) -> Iterator[tuple[str, str]]:
    yield "partition", line.partition
    yield "time limit", limit_words(line.limit)
    if line.course is Course.ALIVE and line.left:
        ends = f", until {clock_words(line.ends)}" if line.ends is not None else ""
        yield "time left", f"{limit_words(line.left)}{ends}"
    if line.course is Course.WAITS and line.starts is not None and line.starts > time.time():
        yield "starts", f"{clock_words(line.starts)}, as Slurm expects now"


def _heard_words(word: SlurmWord) -> str:
    if word.age_seconds == float("inf"):
        return "Slurm has not answered yet"
    return f"Slurm has not answered for {duration_words(word.age_seconds)}: this is what it said last"
