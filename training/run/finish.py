"""What a finished run leaves: exported weights, a model card, and the result, which is written last."""

from __future__ import annotations

import contextlib
import importlib.metadata
import platform
import time

import torch

from training.checkpoints.best import export_weights
from training.checkpoints.disk import needed_for_the_result
from training.checkpoints.file import size_bytes
from training.flags import command_of
from training.network.quality import parameter_count
from training.progress import Metrics, Progress
from training.run.choose import scale_notes
from training.run.placements import placement_notes
from training.run.setup import Setup, notes_of_setup, ways_of_scoring, ways_of_training
from training.runfolder.schema import Result
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
    test = progress.best_metrics["test"]
    setup.recorder.finished(srcc=test["srcc"], plcc=test["plcc"])
    with needed_for_the_result(run, run.result):
        write_record(run.result, result)
    with contextlib.suppress(OSError):
        run.previous_checkpoint.unlink()  # a finished run is never resumed
    demo = " (demo data: the labels are no human opinions)" if setup.dataset.demo else ""
    setup.recorder.say(
        f"test SRCC {shown_metric(test['srcc'])}  PLCC {shown_metric(test['plcc'])}  of epoch "
        f"{progress.best_epoch}{demo}  in {run.shown}"
    )


def _result(setup: Setup, progress: Progress, cross_metrics: dict[str, Metrics], cross_notes: list[str]) -> Result:
    config = setup.config
    return Result(
        run_id=setup.attempt.run.run_id,
        metrics={**progress.best_metrics, "test_oracle": progress.oracle, **cross_metrics},
        protocol=config.protocol,
        dataset=setup.dataset.name,
        loss_type=config.loss_type,
        seed=config.seed,
        network=config.network_name,
        finished=time.time(),
        elapsed_seconds=progress.elapsed_seconds,
        best_epoch=progress.best_epoch,
        epochs=progress.epoch - 1,
        images={split: len(images) for split, images in setup.images.items()}
        | {dataset.name: len(dataset.items) for dataset in setup.cross_datasets if dataset.name in cross_metrics},
        limited=config.is_limited,
        demo=setup.dataset.demo,
        device=setup.placement.name,
        precision=setup.placement.precision_in_words,
        parameters=parameter_count(setup.network),
        backbone=setup.network.backbone.timm_name,
        calibration=progress.best_calibration,
        clipped=progress.clipped / progress.step if config.clip_norm and progress.step else None,
        attention=progress.best_attention,
        config=config.as_dict(),
        versions={"python": platform.python_version(), "torch": torch.__version__}
        | {name: _version(name) for name in PACKAGES},
        source_digest=setup.attempt.source_digest,
        notes=[
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


def skipped_notes(progress: Progress) -> list[str]:
    """How many steps fp16 cost; empty if none."""
    if not progress.skipped:
        return []
    share = f"{progress.skipped:,} of {progress.step:,} steps"
    return [f"{share} changed no weight: their fp16 gradients overflowed, and the scale of the loss was halved"]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
