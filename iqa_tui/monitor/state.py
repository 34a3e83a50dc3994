"""What is known of one run: its records, and its events folded into the last values and the curves.

Immutable: a state may be handed between threads and kept.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from iqa_tui.monitor.curves import NO_CURVE, Clock, Curve, Evaluation, Progress
from iqa_tui.monitor.trainer_code import made_by
from training.runfolder.engines import RECORDED, SLURM
from training.runfolder.job import JOB_OUTPUT, JobRecord, SlurmWord
from training.runfolder.schema import ExitRecord, Place, ProcessRecord, Result, RunNotes
from training.runfolder.spec import Spec

if TYPE_CHECKING:
    from pathlib import Path

    from training.runfolder.layout import RunFolder
    from training.runfolder.phase import Phase, Status

NOTHING_NOTED = RunNotes()


@dataclass(frozen=True, slots=True)
class RunState:
    """One run at one moment."""

    run: RunFolder
    status: Status
    spec: Spec | None = None
    """None if it cannot be read; the status says why."""
    process: ProcessRecord | None = None
    """Of the newest attempt; None before it started."""
    exit: ExitRecord | None = None
    """Of the newest attempt; None until it ended."""
    result: Result | None = None
    place: Place | None = None
    """None unless a user, or the dispatcher, held it or changed its order in the queue."""
    noted: RunNotes = NOTHING_NOTED
    """Tags, a note, whether it is archived."""
    job: JobRecord | None = None
    """The Slurm job of the newest attempt; None if it has none."""
    slurm: SlurmWord | None = None
    """What Slurm says of that job: what it waits for, its time limit, its partition; None without a job."""
    begun_attempt: int = 0
    """The newest attempt whose trainer said `started`."""
    epoch: int = 0
    """The current one; 0 before the first step."""
    epochs: int = 0
    """As asked; 0 if it is not known."""
    step: int = 0
    """The last one reported, counted over all epochs."""
    steps_per_epoch: int = 0
    """0 if it is not known."""
    loss: float | None = None
    """Of the last reported step; None before it, and if it was not finite."""
    images_per_second: float | None = None
    progress: Progress | None = None
    """What it is busy with while no step comes; None while it steps."""
    warnings: tuple[str, ...] = ()
    note: str = ""
    """What its supervisor says of it while it is alive; empty if all is as it should be."""
    resumed_attempt: int = 0
    """The newest attempt that went on from a checkpoint."""
    begun_digests: tuple[str, ...] = ()
    """Trainer digests that the attempts reported when they started, since the last fresh start; each once."""
    metrics: Mapping[str, Curve] = field(default_factory=dict)
    """Every number that its steps, epochs and evaluations report, by name (`iqa_tui.monitor.metrics`), and what the
    machine shows of it."""
    last_values: Mapping[str, float] = field(default_factory=dict)
    """Of the metrics whose curves are not read, the latest that is known."""
    sampled_peak_bytes: int | None = None
    """Most GPU memory that the samples of the newest attempt saw; None if none of them told, or none was read."""
    gpus_unknown: str = ""
    """Why the last sample tells nothing of its GPUs, in words; empty if it does, and if none was read."""
    evaluations: tuple[Evaluation, ...] = ()
    """Oldest first."""
    is_whole: bool = True
    """False while its curves are not read, or not to their end."""
    updated: float = 0.0
    """Unix seconds of the last event; 0 before it."""
    clock: Clock = field(default_factory=Clock)

    @property
    def curve(self) -> Curve:
        """Training loss of every step that was reported."""
        return self.metrics.get("loss", NO_CURVE)

    @property
    def run_id(self) -> str:
        return self.run.run_id

    @property
    def is_archived(self) -> bool:
        """Tables leave it out unless they are asked for it. A run that was tried again since is none of them."""
        return self.noted.archived and self.phase.is_over

    @property
    def is_recorded(self) -> bool:
        """It was measured elsewhere, and its log was imported."""
        return self.spec is not None and self.spec.engine == RECORDED

    @property
    def is_of_slurm(self) -> bool:
        """It is a job of Slurm, or will be one."""
        return self.spec is not None and self.spec.engine == SLURM

    @property
    def is_trial(self) -> bool:
        """A tuning run: it tries a value for another run, and its score is no result."""
        return self.spec is not None and bool(self.spec.trial)

    @property
    def phase(self) -> Phase:
        return self.status.phase

    @property
    def label(self) -> str:
        """The row's name for people."""
        return self.spec.label if self.spec else self.run_id

    @property
    def experiment(self) -> str:
        """`F2`; empty for a run started by hand."""
        return self.spec.experiment if self.spec else ""

    @property
    def priority(self) -> str:
        """As it was launched, or as a user changed it since."""
        return self.place.priority if self.place and self.place.priority else self.spec.priority if self.spec else ""

    @property
    def group(self) -> str:
        return self.spec.group if self.spec else ""

    @property
    def plan_name(self) -> str:
        """Of the plan that it was launched from; empty for a run started by hand."""
        return str(self.spec.plan.get("name", "")) if self.spec else ""

    @property
    def device_label(self) -> str:
        """`GPU 0`, `CPU 1`, `GPU 0, 1`, `nodeb GPU 0` on another host or in a job, `job 4711` before that; empty
        before it has any.
        """
        if self.job is not None and self.process is None:
            return f"job {self.job.job}"
        devices = self.process.devices if self.process else []
        labels = ", ".join(_device_label(device) for device in devices[:1])
        for before, device in pairwise(devices):
            labels += f", {_device_label(device).removeprefix(_kind(before) + ' ')}"
        ended_on = self.process.host if self.process and self.is_of_slurm else ""
        return f"{self.status.host or ended_on} {labels}".strip()

    @property
    def device_keys(self) -> tuple[str, ...]:
        """Lease names of its devices."""
        return tuple(str(device.get("key", "")) for device in (self.process.devices if self.process else []))

    @property
    def shows_job_output(self) -> bool:
        """A job of Slurm whose trainer was never started: what the job printed is all that there is."""
        return self.is_of_slurm and self.job is not None and self.process is None

    @property
    def output(self) -> Path | None:
        """The file of what its newest attempt prints; None before the first."""
        if self.shows_job_output:
            return self.run.path / JOB_OUTPUT
        return self.run.attempt(self.status.attempt).output if self.status.attempt else None

    @property
    def peak_gpu_memory_bytes(self) -> int | None:
        """Of the newest attempt, over all of its GPUs; None on the CPU, and while it is not known."""
        known = self.exit.peak_gpu_memory_bytes if self.exit else None
        return self.sampled_peak_bytes if known is None else known

    @property
    def trainer_digests(self) -> tuple[str, ...]:
        """See `made_by`."""
        return made_by(self.begun_digests, self.result, self.spec)

    @property
    def step_in_epoch(self) -> int:
        """1 to `steps_per_epoch`; 0 before the first step or if an epoch's length is not known."""
        if not self.step or not self.steps_per_epoch:
            return 0
        return (self.step - 1) % self.steps_per_epoch + 1

    def latest(self, metric: str) -> float | None:
        """The last value of a metric, whether its curve is read or not; None if there is none."""
        curve = self.metrics.get(metric)
        return curve.last if curve is not None else self.last_values.get(metric)

    @property
    def val_srcc(self) -> float | None:
        """The latest on the validation split; None before the first."""
        return self.latest_srcc("val")

    def latest_srcc(self, split: str) -> float | None:
        for evaluation in reversed(self.evaluations):
            if evaluation.split == split:
                return evaluation.metrics.get("srcc")
        return None

    @property
    def test_srcc(self) -> float | None:
        """The result's headline; None before it finished."""
        return self.result.metrics.get("test", {}).get("srcc") if self.result else None

    def elapsed_seconds(self, now: float) -> float | None:
        """How long it took, or has taken so far; None before it started."""
        if self.result:
            is_unknown = self.is_recorded and not self.result.elapsed_seconds  # the log had no progress bars
            return None if is_unknown else self.result.elapsed_seconds
        if self.exit:
            return self.exit.elapsed_seconds
        if self.process is None or not self.phase.is_alive:
            return None
        set_back = self.clock.set_back - self.clock.set_back_before if self._events_are_of_this_attempt else 0.0
        return max(0.0, self._its_now(now) - self.process.started + set_back)

    def _its_now(self, now: float) -> float:
        """By the clock of the host that trains it: another host's may differ from ours, so its last event counts."""
        return self.updated if self.status.host and self._events_are_of_this_attempt else now

    @property
    def has_stepped(self) -> bool:
        """Whether the newest attempt reported a step."""
        return self._events_are_of_this_attempt and self.clock.first_step > 0

    @property
    def first_step_index(self) -> int:
        """Place in the curve of the first step that the newest attempt reported; its length if there is none yet."""
        if not self._events_are_of_this_attempt or not self.clock.first_step:
            return len(self.curve.steps)
        return bisect_left(self.curve.steps, self.clock.first_step)

    @property
    def _events_are_of_this_attempt(self) -> bool:
        return self.clock.attempt == self.status.attempt


def _kind(device: dict[str, Any]) -> str:
    return str(device.get("kind", "")).upper()


def _device_label(device: dict[str, Any]) -> str:
    kind, index = _kind(device), device.get("index")
    instance = "" if device.get("instance") is None else f":{device['instance']}"
    return f"{kind} {index}{instance}" if index is not None else kind
