"""Folders as `python -m training.evaluate --output FOLDER` leaves them, without a network."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from training.runfolder.evaluation import EvaluationRecord, record_in, scores_in
from training.runfolder.layout import RunFolder
from training.runfolder.write import write_json

Change = Callable[[str, float, float], tuple[str, float, float] | None]
"""Image, MOS and prediction to others; None leaves the image out."""


def as_it_is(image: str, mos: float, pred: float) -> tuple[str, float, float]:
    return image, mos, pred


def write_evaluation(folder: Path, run: RunFolder, change: Change = as_it_is, **record: Any) -> Path:
    """An evaluation on the test images of a run, whose predictions it has unless they are changed.

    Args:
        record: fields of it that are not as usual.
    """
    folder.mkdir(parents=True)
    with run.score_file("koniq-10k", "test").open(newline="") as opened:
        rows = [changed for row in csv.DictReader(opened)
                if (changed := change(row["image"], float(row["mos"]), float(row["pred"]))) is not None]  # fmt: skip
    lines = ["image,mos,pred", *(f"{image},{mos!r},{pred!r}" for image, mos, pred in rows)]
    scores_in(folder).write_text("\n".join(lines) + "\n")
    fields: dict[str, Any] = {
        "network": "musiq.pkl",
        "weights_sha256": "ab" * 32,
        "backbone": "swin_tiny",
        "dataset": "koniq-10k",
        "split": "test",
        "metrics": {"srcc": 0.91, "plcc": 0.92, "krcc": 0.74, "rmse": None},
        "images": len(rows),
        "finished": 1_790_000_000.0,
        "elapsed_seconds": 12.0,
        "scores_sha256": hashlib.sha256(scores_in(folder).read_bytes()).hexdigest(),
        "trained_on": "spaq",
    }
    write_json(record_in(folder), asdict(EvaluationRecord(**(fields | record))))
    return folder
