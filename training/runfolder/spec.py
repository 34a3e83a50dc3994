"""What was asked of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from training.runfolder.engines import FORMAT, LOCAL
from training.runfolder.splits import told_split_in


@dataclass(frozen=True, slots=True)
class Spec:
    """`spec.json`: what was asked. Written once, before anything of the run exists."""

    run_id: str
    group: str
    """Runs of one table: the plan's name, and the settings changed from it, if any."""
    label: str
    """The row's name for people, for example `L2 (MSE)`."""
    argv: list[str]
    """The trainer's command. `{run_folder}` in it stands for the run's folder."""
    created: float
    """Unix seconds."""
    experiment: str = ""
    """The row of the plan, for example `F2`; empty for a run started by hand."""
    plan: dict[str, Any] = field(default_factory=dict)
    """The plan's content, so that a table needs no plan file; empty for a run started by hand."""
    trainer: str = "training"
    """`training`: writes events and a result. `command`: an external trainer; exit code 0 is all it needs."""
    env: dict[str, str] = field(default_factory=dict)
    """Added to the trainer's environment."""
    cwd: str | None = None
    """Working directory of the trainer; None: the supervisor's own."""
    devices: list[str] | None = None
    """Devices it may have: GPU indices, UUIDs, `cpu`; None: any that is free."""
    device_kind: str = ""
    """gpu, cpu: what `devices` None means, as it was at the launch; empty in specs of earlier versions."""
    vram_bytes: int | None = None
    """Declared need; None: a GPU for itself."""
    gpus: int = 1
    """Devices of one machine that it gets together, each for itself; more than 1 only in specs of format 2."""
    priority: str = "medium"
    """high, medium, low."""
    order: int = 0
    """Place in the plan: the first of two with the same priority goes first."""
    strategy: str = "all"
    """all; sequential: never beside another run of its group; priority: not before its group's higher ones ended."""
    loss_type: str = ""
    dataset: str = ""
    network: str = ""
    seed: int = 0
    protocol: str = "clean"
    expected_srcc: list[float] | None = None
    """[low, high]."""
    expected_hours: float | None = None
    time_limit_seconds: float | None = None
    """How long one attempt may run before it is stopped; None: without limit."""
    notes: str = ""
    git_commit: str | None = None
    source_digest: str = ""
    """Of the trainer's source when it was queued; empty if it cannot be known."""
    overrides: dict[str, str] = field(default_factory=dict)
    """Flags changed from the plan, so that what is missing of a group can be launched as the rest was."""
    created_by: str = ""
    """User and host."""
    engine: str = LOCAL  # see `training.runfolder.engines`
    slurm: dict[str, Any] = field(default_factory=dict)
    """Of a Slurm run: what is asked of Slurm for it (`iqa_tui.slurm.options`), and the cluster's name; empty for all
    others.
    """
    log: dict[str, Any] = field(default_factory=dict)
    """Of a recorded run: its log's file, sha256 and round (counted from 1), or see `evaluation.log_of`; empty for all
    others.
    """
    trial: dict[str, Any] = field(default_factory=dict)
    """Of a tuning run: `values`, flag to the value of the grid that it tries. Empty for all others."""
    tune: dict[str, Any] = field(default_factory=dict)
    """Of a run that is trained with the best value of a grid: `grid` (flag to its values), `epochs`, `images` and
    `seeds` of the tuning runs, and `trials`, their run ids: value by value, seed by seed. Empty for all others.
    """
    format: int = FORMAT

    @property
    def split(self) -> int | None:
        """Which random split of its data set the trainer was told to draw; None: of none."""
        return told_split_in(self.argv)

    @property
    def split_seed(self) -> int:
        """The same; 0 is the official split, or the one that all runs share."""
        return self.split or 0
