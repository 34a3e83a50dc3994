"""How the best epoch is chosen: scores of every epoch, and what is kept of the best one."""

from __future__ import annotations

from training.checkpoints.best import save_best
from training.checkpoints.disk import needed_for_the_result
from training.checkpoints.file import size_bytes
from training.progress import Metrics, Progress
from training.run.evaluate import Evaluation, evaluate, write_scores
from training.run.setup import Setup


def score_epoch(setup: Setup, progress: Progress, epoch: int) -> None:
    """Score an epoch on every split that the protocol asks for, and keep it if it is the best so far.

    Raises:
        CannotWrite: its scores or weights cannot be kept.
        Stopped: asked to.
    """
    evaluations = {split: _evaluate(setup, split, epoch) for split in setup.config.evaluated_splits}
    _judge(setup, progress, epoch, evaluations)


def _evaluate(setup: Setup, split: str, epoch: int) -> Evaluation:
    evaluation = evaluate(setup, setup.images[split], split)
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
    with needed_for_the_result(run.best_checkpoint, size_bytes(network)):
        save_best(run.best_checkpoint, network, progress, setup.config, setup.dataset)
    setup.recorder.checkpoint(epoch=progress.best_epoch or 0, step=progress.step, name="best")


def _srcc(metrics: Metrics) -> float:
    """For comparing; an undefined one is worse than any."""
    value = metrics["srcc"]
    return -2.0 if value is None else value
