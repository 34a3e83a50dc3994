"""What `python -m training.evaluate --output FOLDER` leaves: a network's scores of one data set, for a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from training.runfolder.engines import FORMAT, RECORDED
from training.runfolder.spec import Spec

RECORD = "evaluation.json"
SCORES = "scores.csv"
KIND = "evaluation"
WHOLE_SET = "all"
"""As a split: every image of the data set."""


@dataclass(frozen=True, slots=True)
class EvaluationRecord:
    """`evaluation.json`. The scores of single images lie beside it, as those of a run do: image, mos, pred."""

    network: str
    """The run or the file of weights, as it was named."""
    weights_sha256: str
    """Of the file of weights."""
    backbone: str
    """The timm model."""
    dataset: str
    split: str
    """test, val, train or all."""
    metrics: dict[str, float | None]
    images: int
    finished: float
    """Unix seconds."""
    elapsed_seconds: float
    scores_sha256: str
    """Of `scores.csv`."""
    split_seed: int = 0
    """Which random split of the data set; 0: the official one, or the one that all share."""
    protocol: str = "clean"
    """published: the published trainer's way, which chose the epoch on the very test images."""
    trained_on: str = ""
    """Data set; empty if it is not known."""
    run_id: str = ""
    """Of the run that trained it; empty if the file lay in no run."""
    loss_type: str = ""
    """With which it was trained; empty if it is not known."""
    seed: int = 0
    limited: bool = False
    """Only some images were drawn, for a quick look."""
    demo: bool = False
    """The labels are no human opinions."""
    calibration: dict[str, Any] | None = None
    """kind and parameters of the map by which RMSE was measured; None: no such map."""
    device: str = ""
    precision: str = ""
    parameters: int = 0
    config: dict[str, Any] = field(default_factory=dict)
    """How test crops were taken, and the flags of the data set."""
    versions: dict[str, str] = field(default_factory=dict)
    source_digest: str = ""
    """Of the trainer's source as it ran."""
    notes: list[str] = field(default_factory=list)
    """What a reader of the numbers must know."""
    format: int = FORMAT


def log_of(name: str, record_sha256: str) -> dict[str, Any]:
    """`Spec.log` of a run that is an imported evaluation.

    Args:
        name: of the folder that was imported.
        record_sha256: of its `evaluation.json`.
    """
    return {"kind": KIND, "file": name, "sha256": record_sha256}


def is_evaluation(spec: Spec) -> bool:
    """Whether a recorded run is an evaluation that was imported: it has scores by image, as other runs have."""
    return spec.engine == RECORDED and spec.log.get("kind") == KIND


def record_in(folder: Path) -> Path:
    """Of a folder that `--output` named."""
    return folder / RECORD


def scores_in(folder: Path) -> Path:
    """Of a folder that `--output` named."""
    return folder / SCORES
