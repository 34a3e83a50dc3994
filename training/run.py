"""One run, told from the top: data, network, epochs, result."""

from __future__ import annotations

import sys
import time

from training import checkpoint
from training.attempt import Attempt
from training.checkpoint import Metrics, Progress
from training.config import TrainConfig
from training.cross_tests import score_elsewhere
from training.errors import Stopped
from training.evaluate import Evaluation, evaluate, write_scores
from training.loop import train_epoch
from training.losses import build_criterion
from training.outcome import finish
from training.record import Recorder
from training.runfolder.write import EventWriter
from training.setup import Setup, set_up, tell_start


def run(config: TrainConfig, attempt: Attempt) -> None:
    """Train, choose the best epoch, write the result.

    After every epoch validation and test are scored: the headline is the test score of the epoch that is best on
    validation, and the best test score is kept beside it as `test_oracle`. The published protocol scores the test
    split alone and chooses by it. Without epochs the network is scored as it is.

    Raises:
        TrainingError: whatever ends a run early; see `training.errors`.
    """
    events = EventWriter(attempt.run.events, attempt.number)
    recorder = Recorder(events, show_bar=attempt.by_hand and sys.stderr.isatty())
    began = time.monotonic()
    setup = set_up(config, attempt, recorder)
    progress = _resume(setup) if config.resume else Progress()
    earlier_seconds = progress.elapsed_seconds
    tell_start(setup)
    try:
        if config.epochs == 0:
            _score(setup, progress, epoch=0)
            _save_last(setup, progress)
        while not _is_over(progress, config):
            _train_one_epoch(setup, progress)
            progress.elapsed_seconds = earlier_seconds + time.monotonic() - began
            _save_last(setup, progress)
    except Stopped:
        progress.elapsed_seconds = earlier_seconds + time.monotonic() - began
        _save_last(setup, progress)
        where = f"at step {progress.step:,} of epoch {progress.epoch}"
        raise Stopped(f"stopped {where}; {_how_to_go_on(setup)}") from None
    try:
        cross_metrics, cross_notes = score_elsewhere(setup, progress)
    except Stopped:  # the last checkpoint is that of the last epoch: the network now holds the best weights
        raise Stopped(f"stopped while testing on other data sets; {_how_to_go_on(setup)}") from None
    progress.elapsed_seconds = earlier_seconds + time.monotonic() - began
    finish(setup, progress, cross_metrics, cross_notes)
    events.close()


def _how_to_go_on(setup: Setup) -> str:
    return f"go on with --run_folder {setup.attempt.run.path} --resume and the same flags"


def _resume(setup: Setup) -> Progress:
    path = setup.attempt.run.last_checkpoint
    progress = checkpoint.load_last(path, setup.network, setup.optimizer, setup.config)
    setup.recorder.say(f"resumed from {path} at step {progress.step:,} of epoch {progress.epoch}")
    return progress


def _is_over(progress: Progress, config: TrainConfig) -> bool:
    stale = not config.no_early_stopping and progress.epochs_without_better >= config.patience
    return progress.epoch > config.epochs or stale


def _train_one_epoch(setup: Setup, progress: Progress) -> None:
    config, recorder = setup.config, setup.recorder
    began = time.monotonic()
    train_epoch(
        setup.network,
        setup.optimizer,
        build_criterion(config),
        setup.images["train"],
        config,
        setup.placement,
        progress,
        recorder,
        setup.attempt.should_stop,
    )
    mean_loss = progress.loss_sum / max(progress.step_in_epoch, 1)
    recorder.epoch(epoch=progress.epoch, loss=mean_loss, elapsed_seconds=time.monotonic() - began)
    recorder.say(f"epoch {progress.epoch}/{config.epochs}  mean loss {mean_loss:.4f}")
    _score(setup, progress, progress.epoch)
    progress.epoch += 1
    progress.step_in_epoch = 0
    progress.loss_sum = 0.0


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
    run_folder = setup.attempt.run
    for split, evaluation in evaluations.items():
        write_scores(run_folder.score_file(setup.dataset.name, split), evaluation)
    checkpoint.save_best(run_folder.best_checkpoint, setup.network, progress, setup.config, setup.dataset)
    setup.recorder.checkpoint(epoch=epoch, step=progress.step, name="best")


def _srcc(metrics: Metrics) -> float:
    """For comparing; an undefined one is worse than any."""
    value = metrics["srcc"]
    return -2.0 if value is None else value


def _save_last(setup: Setup, progress: Progress) -> None:
    checkpoint.save_last(setup.attempt.run.last_checkpoint, setup.network, setup.optimizer, progress, setup.config)
    setup.recorder.checkpoint(epoch=progress.epoch, step=progress.step, name="last")
