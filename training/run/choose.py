"""Which epoch counts: how the best one is chosen, kept and found again at a resume, and when training is over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from training.calibration import from_dict
from training.checkpoints.best import check_best, load_best, save_best
from training.checkpoints.disk import needed_for_the_result
from training.checkpoints.file import size_bytes
from training.config import TrainConfig
from training.errors import BadCheckpoint
from training.images.batches import SplitImages
from training.progress import Metrics, Progress
from training.run.calibrating import NO_CALIBRATIONS, Calibrations, calibrations_from, calibrations_of
from training.run.evaluate import Evaluation, calibrated, evaluate, write_scores
from training.run.setup import Setup
from training.run.split_scores import SplitScores
from training.runfolder.mixed import scores_name


def is_over(progress: Progress, config: TrainConfig) -> bool:
    """True after the last epoch, and after `--patience` epochs without a better score."""
    stale = not config.no_early_stopping and progress.epochs_without_better >= config.patience
    return progress.epoch > config.epochs or stale


def score_epoch(setup: Setup, progress: Progress, epoch: int) -> None:
    """Score an epoch on every split that the protocol asks for, and keep it if it is the best so far.

    With `--ema` the averaged weights are scored and kept; those that learn come back in any case.

    Raises:
        CannotWrite: its scores or weights cannot be kept.
        Stopped: asked to.
    """
    with setup.scored_weights():
        _score_epoch(setup, progress, epoch)


def _score_epoch(setup: Setup, progress: Progress, epoch: int) -> None:
    scored: dict[str, SplitScores] = {}
    found = NO_CALIBRATIONS
    for split in setup.config.evaluated_splits:  # validation first
        evaluations = {images.dataset.name: _evaluate(setup, images, split) for images in setup.images[split]}
        if split == "val" and not setup.fixes_scale:
            found = calibrations_of(setup.images[split], evaluations)
        scored[split] = SplitScores(
            split, {name: calibrated(each, found.of_each.get(name)) for name, each in evaluations.items()}
        )
        for name, metrics in reversed(scored[split].named.items()):
            setup.recorder.evaluated(epoch=epoch, split=name, metrics=metrics)
    _judge(setup, progress, epoch, scored, found)


def _evaluate(setup: Setup, images: SplitImages, split: str) -> Evaluation:
    return evaluate(setup, images, scores_name(images.dataset.name, split) if setup.config.is_mixed else split)


def _judge(
    setup: Setup, progress: Progress, epoch: int, scored: dict[str, SplitScores], found: Calibrations = NO_CALIBRATIONS
) -> None:
    """Keep this epoch if it is the best so far, and its test score if that is the best on test.

    `progress` names a new best epoch only once its files are written: without them it stands at the checkpoint before
    this epoch's evaluation.

    Raises:
        CannotWrite: scores or weights of a new best epoch; `progress` is as it was.
    """
    judged_on, test = setup.config.judged_on, scored.get("test")
    score = _srcc(scored[judged_on].metrics)
    if progress.best_epoch is None or score > _srcc(progress.best_metrics[judged_on]):
        best: dict[str, Any] = {
            "best_epoch": epoch,
            "best_metrics": {name: metrics for split in scored.values() for name, metrics in split.named.items()},
            "best_notes": [note for split in scored.values() for note in split.notes],
            "best_attention": None if test is None else test.mean_attention,
            "best_calibration": None if found.of_all is None else found.of_all.as_dict(),
            "best_calibrations": found.as_dict() if setup.config.is_mixed else {},
        }
        _keep_best(setup, replace(progress, **best), scored)
        for name, value in best.items():
            setattr(progress, name, value)
        progress.epochs_without_better = 0
    else:
        progress.epochs_without_better += 1
    if test is not None and (not progress.oracle or _srcc(test.metrics) > _srcc(progress.oracle)):
        progress.oracle = test.metrics


def _keep_best(setup: Setup, progress: Progress, scored: dict[str, SplitScores]) -> None:
    """Write scores and weights of the best epoch.

    Raises:
        CannotWrite: the checkpoint from before this epoch's evaluation stands.
    """
    run, network = setup.attempt.run, setup.network
    for split, scores in scored.items():
        for name, evaluation in scores.of_each.items():
            path = run.score_file(name, split)
            with needed_for_the_result(run, path):
                write_scores(path, evaluation)
    with needed_for_the_result(run, run.best_checkpoint, size_bytes(network)):
        save_best(run.best_checkpoint, network, progress, setup.config, setup.dataset)
    setup.recorder.checkpoint(epoch=progress.best_epoch or 0, step=progress.step, name="best")


def scale_notes(setup: Setup, progress: Progress) -> list[str]:
    """What a reader of RMSE must know; empty if the loss itself fixes the scale of predictions."""
    if setup.fixes_scale:
        return []
    loss = f"--loss_type {setup.config.loss_type}" if setup.config.epochs else "the loss of these weights"
    if setup.config.is_mixed:
        own = {name: calibration.words for name, calibration in calibrations_from(progress.best_calibrations).items()}
        without = [images.dataset.name for images in setup.images["test"] if images.dataset.name not in own]
        notes = [f"{loss} leaves the scale of predictions free: for RMSE on {name} {own[name]}" for name in own]
        return notes + [f"{loss}: no calibration and no RMSE on {name}" for name in without]
    found = from_dict(progress.best_calibration)
    if found is not None:
        return [f"{loss} leaves the scale of predictions free: for RMSE {found.words}"]
    why = "a validation split" if setup.config.is_published else "validation predictions that rise with opinions"
    return [f"{loss} leaves the scale of predictions free; without {why} there is no calibration and no RMSE"]


def look_for_best(setup: Setup, progress: Progress) -> None:
    """At a resume: check that the best weights are still there, now and not after hours of training.

    If they are not, the best of the epochs that are left counts.

    Raises:
        BadCheckpoint: they are not, and no epoch is left.
    """
    if progress.best_epoch is None:
        return
    try:
        check_best(setup.attempt.run.best_checkpoint)
    except BadCheckpoint as error:
        if is_over(progress, setup.config) or setup.config.epochs == 0:
            raise BadCheckpoint(f"{error}, and training is over: start a new run") from error
        lost = f"the weights of epoch {progress.best_epoch}, the best until a resume, could not be read: {error}"
        setup.recorder.warning(f"{lost}; the best of the epochs from {progress.epoch} on counts")
        progress.lost.append(lost)
        progress.best_epoch, progress.best_metrics, progress.epochs_without_better = None, {}, 0


def take_best(setup: Setup, progress: Progress) -> None:
    """Load the best weights; the result then says what their own file says of them.

    File and `progress` differ only if a run went on from the checkpoint before its last one, on a device that does not
    repeat itself bit for bit, and the epochs trained again were never as good as those that it had lost.

    Raises:
        BadCheckpoint: they cannot be read.
    """
    best = load_best(setup.attempt.run.best_checkpoint, setup.network)
    if best["metrics"] == progress.best_metrics:
        return
    progress.lost.append(
        f"the best weights are of epoch {best['epoch']} as it was before a resume; trained again it scored differently"
    )
    setup.recorder.warning(progress.lost[-1])
    progress.best_epoch, progress.best_metrics = best["epoch"], best["metrics"]
    progress.best_notes, progress.best_attention = best["notes"], best["attention"]
    progress.best_calibration = best["reading"].get("calibration")
    progress.best_calibrations = best["reading"].get("calibrations", {})


def _srcc(metrics: Metrics) -> float:
    """For comparing; an undefined one is worse than any."""
    value = metrics["srcc"]
    return -2.0 if value is None else value
