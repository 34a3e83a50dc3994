"""What the files of a run say: one dataclass a file, and the events.

Every whole file carries `format`. A reader refuses a newer one in words, takes an older one as it is, and
skips fields that it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from training.runfolder.engines import FORMAT
from training.runfolder.exits import ExitKind


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """`attempts/N/process.json`: who runs it. Pid alone proves nothing; boot id and start ticks go with it."""

    boot_id: str
    pid: int
    start_ticks: int
    """Field 22 of /proc/<pid>/stat: clock ticks from boot to the start of the process."""
    host: str
    started: float
    """Unix seconds."""
    devices: list[dict[str, Any]] = field(default_factory=list)
    """Each with key (lease name), kind (gpu, cpu), index (or None), name."""
    supervisor_pid: int | None = None
    """None for a run started by hand."""
    supervisor_start_ticks: int | None = None
    user: str = ""
    machine: str = ""
    """Digest of the host's machine id; empty in records of earlier versions."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class ExitRecord:
    """`attempts/N/exit.json`: how an attempt ended. Written once, last."""

    kind: ExitKind
    cause: str
    """In words, for people."""
    ended: float
    """Unix seconds."""
    elapsed_seconds: float
    returncode: int | None = None
    """None if a signal killed it."""
    signal: int | None = None
    peak_rss_bytes: int | None = None
    """Largest resident memory of one process of the run; None if unknown."""
    peak_gpu_memory_bytes: int | None = None
    """Most GPU memory that the run's samples saw, over all of its GPUs; None if none of them told."""
    comes_back: bool = False
    """Slurm put its job back into the queue, or said that it would: the next attempt is expected in the same job."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class StopRequest:
    """`stop.json`: please stop."""

    by: str
    when: float
    """Unix seconds."""
    why: str = ""
    grace_seconds: float = 60.0
    """How long the trainer may take to end by itself before it is killed."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Place:
    """`place.json`: its place in the queue, once it was changed."""

    by: str
    when: float
    """Unix seconds."""
    held: bool = False
    """It does not start before it is released."""
    priority: str | None = None
    """Instead of the spec's; None: the spec's priority."""
    why: str = ""
    """Why it is held, in words; empty if its user held it."""
    released: float = 0.0
    """Unix seconds of when a user last let it start; 0 if none ever had to."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class RunNotes:
    """`notes.json`: what a user noted of a run. A program that changes it keeps the fields that it does not know."""

    by: str = ""
    when: float = 0.0
    """Unix seconds; 0: nothing was noted yet."""
    tags: list[str] = field(default_factory=list)
    """Short words to find it by."""
    note: str = ""
    archived: bool = False
    """Tables leave it out unless they are asked for it."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Signature:
    """`signature.json`: who queued this very folder, on which host. Proves nothing without the user's key."""

    by: str
    user_id: int
    when: float
    """Unix seconds."""
    host: str
    machine: str
    """Digest of the host's machine id."""
    place: str
    """What identifies the folder: its inode number, or its path on a file system that renumbers."""
    spec_sha256: str
    environment_sha256: str
    mac: str
    """HMAC-SHA256 of all other fields, by a key that the user alone can read."""
    device_kind: str = ""
    """gpu, cpu: for a spec of an earlier version, which does not say it."""
    origin: str = ""
    """Where an adopted run came from, in words; empty for one that was launched here."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Environment:
    """`environment.json`: what the launching shell had in its environment. Nothing shows more than the names."""

    variables: dict[str, str]
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Owner:
    """`owner.json`: the one attempt that may write in this folder. A writer that finds another one here exits."""

    attempt: int
    host: str
    machine: str
    pid: int
    """Of the supervisor, or of a trainer that was started by hand."""
    nonce: str
    """Random; two owners never have the same."""
    boot_id: str = ""
    """Of the host's boot; empty if it is not known."""
    job: str = ""
    """Its Slurm job; empty if Slurm has not started it."""
    restart: int = 0
    """How often Slurm has requeued that job."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class RetryRecord:
    """`attempts/N/retry.json`: why there is another attempt."""

    by: str
    when: float
    """Unix seconds."""
    why: str
    """How the previous attempt ended, in words."""
    automatic: bool = False
    """No user asked: the run was not to blame for its end."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Result:
    """`result.json`: the trainer's last act."""

    run_id: str
    metrics: dict[str, dict[str, float | None]]
    """Split (`test`, `val`, `test_oracle`, a second data set's name, or of a mixed run `koniq-10k test`) to metric
    (srcc, plcc, krcc, rmse, …)."""
    protocol: str
    dataset: str
    loss_type: str
    seed: int
    network: str
    finished: float
    """Unix seconds."""
    elapsed_seconds: float
    """Training and evaluation over all attempts, without waiting for a device."""
    best_epoch: int | None = None
    epochs: int = 0
    """Epochs that were trained, which early stopping may have cut."""
    images: dict[str, int] = field(default_factory=dict)
    """Split to number of images."""
    limited: bool = False
    """True if only some images were used, for a quick look."""
    demo: bool = False
    """True if the labels are no human opinions."""
    device: str = ""
    precision: str = ""
    parameters: int = 0
    backbone: str = ""
    """The timm model, with the tag of its pretrained weights if it began with them."""
    calibration: dict[str, Any] | None = None
    """kind and parameters of the map that gave RMSE its unit, if the loss fixes no scale; None: no such map."""
    sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of a run on several data sets, whose `test` and `val` are means: data set to images (by split), mos_range and
    calibration. Its scores are the metrics `koniq-10k test` and `scores/koniq-10k_test.csv`. Empty for one data set.
    """
    clipped: float | None = None
    """Share of the steps whose gradient was cut to `--clip_norm`; None if none may be, or none was trained."""
    attention: list[float] | None = None
    """Mean weights of the scales on the test split, fine to coarse; None without attention fusion."""
    config: dict[str, Any] = field(default_factory=dict)
    """Every flag, as it was used."""
    versions: dict[str, str] = field(default_factory=dict)
    source_digest: str = ""
    """Of the trainer's source as it ran."""
    tuned: dict[str, Any] = field(default_factory=dict)
    """What was chosen on the validation split before it was trained: `tuned.json` without its format. Empty if nothing
    was.
    """
    notes: list[str] = field(default_factory=list)
    """What a reader of the numbers must know, for example that a fit did not converge."""
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class Event:
    """One line of `events.jsonl`.

    Kinds and their fields (epochs and steps count from 1; steps go on over epochs):
        started     train_images, val_images, test_images, parameters, device, precision, steps_per_epoch, epochs,
                    source_digest
        progress    what, done, total: a long task before or beside training (cache, weights, evaluation)
        resumed     name (last, last.previous), epoch, step: the checkpoint that this attempt goes on from
        step        epoch, step, loss, lr, images_per_second, grad_norm (before clipping); None if not finite
        epoch       epoch, loss (mean), elapsed_seconds, clipped (share of its steps whose gradient was cut; null if
                    none may be)
        evaluated   epoch, split, metrics
        checkpoint  epoch, step, name (last, best)
        warning     text
        finished    srcc, plcc
        ended       how (an `ExitKind`), epoch, step (null before training began), checkpoint (last or previous, which
                    a resume goes on from; null without one), saved (whether that is of this very step): the last
                    event of an attempt without a result
    """

    kind: str
    t: float
    """Unix seconds."""
    attempt: int
    fields: dict[str, Any]
