"""One run, told from the top: data, network, epochs, result."""

from __future__ import annotations

import sys
import time

from training.checkpoints import resumable as checkpoint
from training.checkpoints.disk import needed_for_the_result
from training.checkpoints.resumable import Metrics, Progress, resumed_from
from training.checkpoints.schedule import CheckpointSchedule
from training.config import TrainConfig
from training.errors import BadCheckpoint, Stopped, TakenOver, exit_kind
from training.losses import build_criterion
from training.process.attempt import Attempt
from training.run.cross_tests import score_elsewhere
from training.run.evaluate import Evaluation, evaluate, write_scores
from training.run.finish import finish
from training.run.loop import train_epoch
from training.run.setup import Setup, set_up, tell_start
from training.runfolder.layout import RunFolder
from training.runfolder.write import remove_left_over
from training.telling.recorder import Recorder
from training.telling.tensorboard import open_events


def run(config: TrainConfig, attempt: Attempt) -> None:
    """Train, choose the best epoch, write the result.

    After every epoch validation and test are scored: the headline is the test score of the epoch that is best on
    validation, and the best test score is kept beside it as `test_oracle`. The published protocol scores the test
    split alone and chooses by it. Without epochs the network is scored as it is.

    A checkpoint is written on a period, when an epoch's training is done, and when it is scored: a run that is killed
    repeats minutes of training at most, and never a whole epoch because its evaluation was cut short.

    Raises:
        TrainingError: whatever ends a run early; see `training.errors`.
    """
    began = time.monotonic()
    folder = attempt.run
    remove_left_over(folder.checkpoints, folder.scores, folder.model_card, folder.result)
    events = open_events(folder, attempt.number, config)
    recorder = Recorder(events, show_bar=attempt.by_hand and sys.stderr.isatty())
    keeper: CheckpointSchedule | None = None
    progress: Progress | None = None
    try:
        setup = _set_up(config, attempt, recorder)
        keeper = CheckpointSchedule(folder, setup.network, setup.optimizer, config, recorder, began=began)
        progress = _resume(setup, keeper) if config.resume else Progress()
        found = {*progress.cross_datasets, *(dataset.name for dataset in setup.cross_datasets)}
        progress.cross_datasets = sorted(found)
        tell_start(setup)
        _train(setup, keeper, progress)
        cross_metrics, cross_notes = _score_elsewhere(setup, progress)
        progress.elapsed_seconds = keeper.elapsed_seconds()
        finish(setup, progress, cross_metrics, cross_notes)
    except (Exception, KeyboardInterrupt) as error:
        if not isinstance(error, TakenOver):
            recorder.ended(
                how=exit_kind(error),
                epoch=progress.epoch if progress else None,
                step=progress.step if progress else None,
                checkpoint=keeper.resumed_from() if keeper else resumed_from(folder),
            )
        raise
    finally:
        recorder.close_bar()
        events.close()


def _set_up(config: TrainConfig, attempt: Attempt, recorder: Recorder) -> Setup:
    try:
        return set_up(config, attempt, recorder)
    except Stopped as error:
        raise Stopped(f"{error}; {_how_to_go_on(attempt.run)}") from None


def _resume(setup: Setup, keeper: CheckpointSchedule) -> Progress:
    progress = keeper.resume()
    if progress.best_epoch is not None:
        _check_best(setup, progress)
    return progress


def _check_best(setup: Setup, progress: Progress) -> None:
    """Look now whether the best weights are still there, not after the hours that are left.

    Raises:
        BadCheckpoint: they are not, and no epoch is left that could bring others.
    """
    try:
        checkpoint.check_best(setup.attempt.run.best_checkpoint)
    except BadCheckpoint as error:
        if _is_over(progress, setup.config) or setup.config.epochs == 0:
            raise BadCheckpoint(f"{error}, and training is over: start a new run") from error
        lost = f"the weights of epoch {progress.best_epoch}, the best until a resume, could not be read: {error}"
        setup.recorder.warning(f"{lost}; the best of the epochs from {progress.epoch} on counts")
        progress.lost.append(lost)
        progress.best_epoch, progress.best_metrics, progress.epochs_without_better = None, {}, 0


def _train(setup: Setup, keeper: CheckpointSchedule, progress: Progress) -> None:
    """Every epoch that is left.

    Raises:
        Stopped: how far it is, and how to go on.
    """
    try:
        if setup.config.epochs == 0 and progress.best_epoch is None:
            _score(setup, progress, epoch=0)
            keeper.save(progress)
        while not _is_over(progress, setup.config):
            _train_one_epoch(setup, keeper, progress)
    except Stopped:
        where = f"at step {progress.step:,} of epoch {progress.epoch}"
        if not keeper.save(progress):
            where += " without a checkpoint of it (the disk: see the warning above)"
        raise Stopped(f"stopped {where}; {_how_to_go_on(setup.attempt.run)}") from None


def _score_elsewhere(setup: Setup, progress: Progress) -> tuple[dict[str, Metrics], list[str]]:
    try:
        return score_elsewhere(setup, progress)
    except Stopped:  # the last checkpoint is that of the last epoch: the network now holds the best weights
        raise Stopped(f"stopped while testing on other data sets; {_how_to_go_on(setup.attempt.run)}") from None


def _how_to_go_on(run: RunFolder) -> str:
    return f"go on with --run_folder {run.shown} --resume and the same flags"


def _is_over(progress: Progress, config: TrainConfig) -> bool:
    stale = not config.no_early_stopping and progress.epochs_without_better >= config.patience
    return progress.epoch > config.epochs or stale


def _train_one_epoch(setup: Setup, keeper: CheckpointSchedule, progress: Progress) -> None:
    config, recorder = setup.config, setup.recorder
    train_epoch(
        setup.network,
        setup.optimizer,
        build_criterion(config),
        setup.images["train"],
        config,
        setup.placement,
        progress,
        recorder,
        keeper,
        setup.attempt.should_stop,
    )
    keeper.save(progress)
    mean_loss = progress.loss_sum / max(progress.step_in_epoch, 1)
    elapsed_seconds = keeper.elapsed_seconds() - progress.epoch_began_seconds
    recorder.epoch(epoch=progress.epoch, loss=mean_loss, elapsed_seconds=elapsed_seconds)
    recorder.say(f"epoch {progress.epoch}/{config.epochs}  mean loss {mean_loss:.4f}")
    _score(setup, progress, progress.epoch)
    progress.epoch += 1
    progress.step_in_epoch = 0
    progress.loss_sum = 0.0
    progress.epoch_began_seconds = keeper.elapsed_seconds()
    keeper.save(progress)


def _score(setup: Setup, progress: Progress, epoch: int) -> None:
    evaluations = {split: _evaluate(setup, split, epoch) for split in setup.config.evaluated_splits}
    _judge(setup, progress, epoch, evaluations)


def _evaluate(setup: Setup, split: str, epoch: int) -> Evaluation:
    evaluation = evaluate(
        setup.network,
        setup.dataset,
        setup.images[split],
        split,
        setup.config,
        setup.placement,
        on_progress=lambda done, total: setup.recorder.progress(f"scoring {split}, crops", done, total),
        should_stop=setup.attempt.should_stop,
    )
    setup.recorder.evaluated(epoch=epoch, split=split, metrics=evaluation.metrics)
    return evaluation


def _judge(setup: Setup, progress: Progress, epoch: int, evaluations: dict[str, Evaluation]) -> None:
    """Keep this epoch where it is the best so far, and its test score where that is the best on test."""
    judged_on, test = setup.config.judged_on, evaluations["test"]
    if not progress.oracle or _srcc(test.metrics) > _srcc(progress.oracle):
        progress.oracle = test.metrics
    score = _srcc(evaluations[judged_on].metrics)
    if progress.best_epoch is not None and score <= _srcc(progress.best_metrics[judged_on]):
        progress.epochs_without_better += 1
        return
    progress.epochs_without_better = 0
    progress.best_epoch = epoch
    progress.best_metrics = {split: evaluation.metrics for split, evaluation in evaluations.items()}
    progress.best_notes = [note for evaluation in evaluations.values() for note in evaluation.notes]
    progress.best_attention = test.mean_attention
    _keep_best(setup, progress, evaluations)


def _keep_best(setup: Setup, progress: Progress, evaluations: dict[str, Evaluation]) -> None:
    """Scores and weights of the best epoch.

    Raises:
        CannotWrite: the checkpoint from before this epoch's evaluation stands.
    """
    run, network = setup.attempt.run, setup.network
    for split, evaluation in evaluations.items():
        path = run.score_file(setup.dataset.name, split)
        with needed_for_the_result(path):
            write_scores(path, evaluation)
    with needed_for_the_result(run.best_checkpoint, checkpoint.size_bytes(network)):
        checkpoint.save_best(run.best_checkpoint, network, progress, setup.config, setup.dataset)
    setup.recorder.checkpoint(epoch=progress.best_epoch or 0, step=progress.step, name="best")


def _srcc(metrics: Metrics) -> float:
    """For comparing; an undefined one is worse than any."""
    value = metrics["srcc"]
    return -2.0 if value is None else value
