"""What a finished run leaves: exported weights, a model card, and the result, which is written last."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import time
from typing import Any

import torch

from training.checkpoints.best import export_weights
from training.checkpoints.disk import needed_for_the_result
from training.checkpoints.file import size_bytes
from training.config import TrainConfig
from training.flags import command_of
from training.network.quality import parameter_count
from training.progress import Metrics, Progress
from training.run.choose import scale_notes
from training.run.data import count
from training.run.placements import placement_notes
from training.run.setup import Setup, notes_of_setup, ways_of_scoring, ways_of_training
from training.runfolder.errors import RunFolderError
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result
from training.runfolder.tuned import Tuned
from training.runfolder.write import write_atomic, write_record
from training.telling.model_card import model_card
from training.telling.recorder import shown_metric

PACKAGES = ("iqa-tui", "timm", "numpy", "scipy", "pillow")


def finish(setup: Setup, progress: Progress, cross_metrics: dict[str, Metrics], cross_notes: list[str]) -> None:
    """Write what a finished run leaves.

    Args:
        setup: its network must hold the best weights.
        progress: at the end.
        cross_metrics: data set to metrics on it.
        cross_notes: what a reader of those must know.

    Raises:
        CannotWrite: a file cannot be written; the run is not finished then, and can be resumed.
    """
    run, config = setup.attempt.run, setup.config
    result = _result(setup, progress, cross_metrics, cross_notes)
    with needed_for_the_result(run, run.best_weights, size_bytes(setup.network)):
        export_weights(run.best_weights, setup.network, progress, config, setup.dataset)
    with needed_for_the_result(run, run.model_card):
        write_atomic(run.model_card, model_card(result, command_of(config)).encode())
    test = progress.best_metrics.get("test", {})
    setup.recorder.finished(srcc=test.get("srcc"), plcc=test.get("plcc"))
    with needed_for_the_result(run, run.result):
        write_record(run.result, result)
    with contextlib.suppress(OSError):
        run.previous_checkpoint.unlink()  # a finished run is never resumed
    split, scored = ("validation", progress.best_metrics["val"]) if config.no_test else ("test", test)
    demo = " (demo data: the labels are no human opinions)" if setup.dataset.demo else ""
    mean = f" (means over {len(config.dataset_names)} data sets)" if config.is_mixed else ""
    setup.recorder.say(
        f"{split} SRCC {shown_metric(scored['srcc'])}  PLCC {shown_metric(scored['plcc'])}{mean}  of epoch "
        f"{progress.best_epoch}{demo}  in {run.shown}"
    )


def _result(setup: Setup, progress: Progress, cross_metrics: dict[str, Metrics], cross_notes: list[str]) -> Result:
    config = setup.config
    tuned, tuned_notes = tuned_of(setup.attempt.run, config)
    oracle = {} if config.no_test else {"test_oracle": progress.oracle}
    return Result(
        run_id=setup.attempt.run.run_id,
        metrics={**progress.best_metrics, **oracle, **cross_metrics},
        protocol=config.protocol,
        dataset=setup.dataset.name,
        loss_type=config.loss_type,
        seed=config.seed,
        network=config.network_name,
        finished=time.time(),
        elapsed_seconds=progress.elapsed_seconds,
        best_epoch=progress.best_epoch,
        epochs=progress.epoch - 1,
        images={split: count(images) for split, images in setup.images.items()}
        | {dataset.name: len(dataset.items) for dataset in setup.cross_datasets if dataset.name in cross_metrics},
        limited=config.is_limited,
        demo=setup.dataset.demo,
        device=setup.placement.name,
        precision=setup.placement.precision_in_words,
        parameters=parameter_count(setup.network),
        backbone=setup.network.backbone.timm_name,
        calibration=progress.best_calibration,
        sets=_sets(setup, progress) if config.is_mixed else {},
        clipped=progress.clipped / progress.step if config.clip_norm and progress.step else None,
        attention=progress.best_attention,
        config=config.as_dict(),
        versions=versions(),
        source_digest=setup.attempt.source_digest,
        tuned=tuned,
        notes=[
            *tuned_notes,
            *notes_of_setup(setup),
            *ways_of_training(config, setup.steps_per_epoch),
            *ways_of_scoring(setup),
            *skipped_notes(progress),
            *placement_notes(progress),
            *scale_notes(setup, progress),
            *progress.lost,
            *progress.best_notes,
            *cross_notes,
        ],
    )


def _sets(setup: Setup, progress: Progress) -> dict[str, dict[str, Any]]:
    """What is known of each data set of a mixed run."""
    return {
        name: {
            "images": {split: len(images[place]) for split, images in setup.images.items()},
            "mos_range": list(setup.images["test"][place].dataset.mos_range),
            "calibration": progress.best_calibrations.get(name),
        }
        for place, name in enumerate(setup.config.dataset_names)
    }


def tuned_of(run: RunFolder, config: TrainConfig) -> tuple[dict[str, Any], list[str]]:
    """What the supervisor chose for this run, and what a reader must know of it; ({}, []) if nothing was chosen."""
    try:
        tuned = read_record(run.tuned, Tuned)
    except RunFolderError as error:
        return {}, [f"what it was tuned with cannot be told: {error}"]
    if tuned is None:
        return {}, []
    used = config.as_dict()
    others = [
        flag for flag, value in tuned.choice.items() if str(value) != str(used.get(flag)) and value != used.get(flag)
    ]
    if others:
        named = ", ".join(f"--{flag} {used.get(flag)} instead of {tuned.choice[flag]}" for flag in others)
        return {}, [f"it was not trained with what {run.tuned.name} chose: {named}"]
    return tuned.as_dict(), []


def skipped_notes(progress: Progress) -> list[str]:
    """How many steps fp16 cost; empty if none."""
    if not progress.skipped:
        return []
    share = f"{progress.skipped:,} of {progress.step:,} steps"
    return [f"{share} changed no weight: their fp16 gradients overflowed, and the scale of the loss was halved"]


def versions() -> dict[str, str]:
    """Of what a score depends on: package to version."""
    return {"python": platform.python_version(), "torch": torch.__version__} | {
        name: _version(name) for name in PACKAGES
    }


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
