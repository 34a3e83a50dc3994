"""What a launch may choose from: devices of this machine, and partitions of Slurm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from iqa_tui.plans.flags import shell_words
from iqa_tui.plans.forecast import jobs_of
from iqa_tui.plans.plan import Plan
from iqa_tui.plans.request import LaunchRequest
from iqa_tui.plans.typed import parse_overrides
from iqa_tui.slurm.options import parse_option, sbatch_flags
from iqa_tui.words.durations import hours_words

SLURM_PREFIX = "slurm."
"""Before a key of `[slurm]` in the field of settings."""


@dataclass(frozen=True, slots=True)
class OfferedDevice:
    """A device of this machine, as far as a launch asks."""

    key: str
    label: str
    """`GPU 0`, `GPU 0:1`, `CPU 1`."""
    kind: str
    """gpu, cpu."""
    hidden: bool = False
    """Left out by an inherited CUDA_VISIBLE_DEVICES."""
    busy: bool = False
    withdrawn: bool = False
    broken: bool = False
    """The GPU itself is faulty, so no exiting process can free it."""
    reason: str = ""
    """Why it is not free, in words."""

    @property
    def name(self) -> str:
        """As a launch names it: `0`, `0:1`, `cpu`."""
        return self.label.removeprefix("GPU ") if self.kind == "gpu" else "cpu"


@dataclass(frozen=True, slots=True)
class OfferedPartition:
    """A queue of Slurm, to which a launch may submit its runs."""

    name: str
    words: str = ""
    """`3 of 4 GPUs taken`, `closed`."""
    is_default: bool = False
    """A job that names no partition goes there."""
    limit_hours: float | None = None
    """Longest time of a job; None: no limit, or not known."""
    gpus: int = 0
    """Of its nodes that work."""
    taken: int = 0
    is_open: bool = True
    """False: it takes jobs, and starts none."""

    @property
    def key(self) -> str:
        """In the list of devices; no device has such a key."""
        return f"{SLURM_PREFIX}{self.name}"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why nothing can be launched yet."""

    title: str
    words: str
    """What to do about it."""


def typed_settings(text: str) -> tuple[dict[str, str], dict[str, Any]]:
    """The flags of `epochs=1 slurm.gres=gpu:2`, and what is asked of Slurm.

    Raises:
        ValueError: in words.
    """
    words = text.split()
    try:
        options = dict(parse_option(word.removeprefix(SLURM_PREFIX)) for word in words if word.startswith(SLURM_PREFIX))
    except ValueError as error:
        raise ValueError(f"Settings: {error}") from None
    return parse_overrides(" ".join(word for word in words if not word.startswith(SLURM_PREFIX))), options


def wanted_partition(plan: Plan | None, partitions: Sequence[OfferedPartition]) -> OfferedPartition | None:
    """That of a plan with `[slurm]`, which a machine without a GPU does not run itself unless its user says so; None if
    the plan has no such table, or if its experiments ask for several.
    """
    if plan is None or not plan.slurm:
        return None
    names = {str(each.slurm.get("partition", plan.slurm.get("partition", ""))) for each in plan.experiments}
    return next((each for each in partitions if names == {each.name} or (names == {""} and each.is_default)), None)


def partition_option(request: LaunchRequest, partition: OfferedPartition) -> dict[str, Any]:
    """What choosing a partition asks over the plan: nothing if each run gets into it anyway."""
    wanted = {request.slurm_options(each).get("partition", "") for each in request.chosen()}
    is_there = wanted <= {partition.name} or (partition.is_default and wanted <= {"", partition.name})
    return {} if is_there else {"partition": partition.name}


def asks_alike(request: LaunchRequest) -> list[tuple[list[str], dict[str, Any]]]:
    """The experiments that ask the same of Slurm, and what they ask."""
    alike: list[tuple[list[str], dict[str, Any]]] = []
    for experiment in request.chosen():
        options = request.slurm_options(experiment)
        ids = next((ids for ids, others in alike if sbatch_flags(others) == sbatch_flags(options)), None)
        if ids is None:
            alike.append(([experiment.id], options))
        else:
            ids.append(experiment.id)
    return alike


def asked_of_slurm(request: LaunchRequest) -> list[str]:
    """`F2, F3: sbatch --partition=gpu --gres=gpu:1`, a line for all that ask for the same."""
    return [
        f"{', '.join(ids)}: sbatch {shell_words(sbatch_flags(options))}".rstrip()
        for ids, options in asks_alike(request)
    ]


def too_long_words(request: LaunchRequest, partition: OfferedPartition) -> str:
    """Which runs take longer than the partition lets a job run; empty if none does."""
    limit = partition.limit_hours
    longer = [each.id for each in request.chosen() if limit is not None and (each.expected_hours or 0.0) > limit]
    if not longer:
        return ""
    take = "takes" if len(longer) == 1 else "take"
    return (
        f"{', '.join(longer)} {take} longer than {partition.name} allows: a job that reaches the limit writes a "
        "checkpoint, and Slurm starts it again from there"
    )


def work_words(request: LaunchRequest) -> str:
    """`4 jobs, 7.4 h of work`: no end, as Slurm says when each job starts."""
    jobs = jobs_of(request)
    work = hours_words(sum(job.hours for job in jobs))
    return f"{len(jobs)} job{'' if len(jobs) == 1 else 's'}, {work} of work"


def question_of_slurm(request: LaunchRequest, partition: OfferedPartition) -> list[str]:
    """What the question before a launch says of its jobs."""
    long = too_long_words(request, partition)
    lines = [
        f"Slurm, partition {partition.name}: {work_words(request)}; Slurm says when each starts",
        *asked_of_slurm(request),
    ]
    return [*lines, *([long] if long else [])]
