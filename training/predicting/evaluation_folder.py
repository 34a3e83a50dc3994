"""The folder that `--output` of `training.evaluate` names: what was measured, and the score of every image."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from training.config import TrainConfig
from training.datasets.base import Dataset
from training.network.quality import parameter_count
from training.predicting.whole_set import Evaluated
from training.run.evaluate import write_scores
from training.run.finish import versions
from training.run.scorer import Scorer
from training.runfolder.errors import RunFolderError
from training.runfolder.evaluation import EvaluationRecord, record_in, scores_in
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_spec
from training.runfolder.source import trainer_digest
from training.runfolder.write import write_json

READ_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Told:
    """What the command knows besides the network and its scores."""

    network: str
    """As it was named."""
    split: str
    data: TrainConfig
    """The flags of the data set."""
    elapsed_seconds: float


def write_evaluation(folder: Path, scorer: Scorer, dataset: Dataset, evaluated: Evaluated, told: Told) -> None:
    """The record is written last: a folder with one is whole.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_scores(scores_in(folder), replace(evaluated.evaluation, attention=None))
    write_json(record_in(folder), asdict(_record(folder, scorer, dataset, evaluated, told)))


def _record(folder: Path, scorer: Scorer, dataset: Dataset, evaluated: Evaluated, told: Told) -> EvaluationRecord:
    config, own, evaluation = scorer.config, scorer.dataset, evaluated.evaluation
    calibration = scorer.calibration_on(dataset)
    was_chosen_on_it = dataset.name == own.name and (scorer.is_published or config.is_published)
    return EvaluationRecord(
        network=told.network,
        weights_sha256=_sha256(scorer.file) if scorer.file is not None else "",
        backbone=scorer.network.backbone.timm_name,
        dataset=dataset.name,
        split=told.split,
        metrics=evaluation.metrics,
        images=len(evaluation.names),
        finished=time.time(),
        elapsed_seconds=told.elapsed_seconds,
        scores_sha256=_sha256(scores_in(folder)),
        split_seed=told.data.split_seed,
        protocol="published" if was_chosen_on_it else "clean",
        trained_on=own.name,
        run_id=_run_id(scorer.file),
        loss_type="" if scorer.is_published else config.loss_type,
        seed=0 if scorer.is_published else config.seed,
        limited=told.data.limit_test_images is not None,
        demo=dataset.demo,
        calibration=None if calibration is None else calibration.as_dict(),
        device=scorer.placement.name,
        precision=scorer.placement.precision,
        parameters=parameter_count(scorer.network),
        config=_settings(scorer, told.data),
        versions=versions(),
        source_digest=trainer_digest(),
        notes=[*evaluation.notes, *([scorer.note] if scorer.note else [])],
    )


def _settings(scorer: Scorer, data: TrainConfig) -> dict[str, Any]:
    """Flags that an image's score depends on, besides the weights."""
    config = scorer.config
    found: dict[str, Any] = {
        "patch_size": config.patch_size,
        "test_patch_num": config.test_patch_num,
        "dataset": data.dataset,
        "data_path": data.data_path,
    }
    if data.dataset == "csv":
        found |= {"scale": data.scale, "lower_is_better": data.lower_is_better, "resize": data.resize}
    return found


def _run_id(file: Path | None) -> str:
    """Of the run in whose checkpoints the file lies."""
    if file is None:
        return ""
    try:
        return read_spec(RunFolder(file.resolve().parents[1])).run_id
    except (RunFolderError, OSError, IndexError):
        return ""


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while content := opened.read(READ_AT_ONCE):
            digest.update(content)
    return digest.hexdigest()
