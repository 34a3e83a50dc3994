"""One run, told from the top: data, network, epochs, result."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import time

import torch

from training import checkpoint
from training.attempt import Attempt
from training.checkpoint import Metrics, Progress
from training.config import TrainConfig
from training.cross_tests import score_elsewhere
from training.errors import Stopped
from training.evaluate import Evaluation, attention_note, evaluate, write_scores
from training.loop import train_epoch
from training.losses import build_criterion
from training.network.quality import parameter_count
from training.record import Recorder, shown_metric
from training.runfolder.schema import Result
from training.runfolder.write import EventWriter, write_record
from training.setup import Setup, notes_of_setup, set_up, tell_start

PACKAGES = ("iqa-tui", "timm", "numpy", "scipy", "pillow")


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
    _finish(setup, progress, cross_metrics, cross_notes)
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
    attention = attention_note(test)
    progress.best_notes = [
        *(note for evaluation in evaluations.values() for note in evaluation.notes),
        *([attention] if attention else []),
    ]
    run_folder = setup.attempt.run
    for split, evaluation in evaluations.items():
        write_scores(run_folder.score_file(setup.dataset.name, split), evaluation)
    checkpoint.save_best(run_folder.best_checkpoint, setup.network, progress, setup.config)
    setup.recorder.checkpoint(epoch=epoch, step=progress.step, name="best")


def _srcc(metrics: Metrics) -> float:
    """For comparing; an undefined one is worse than any."""
    value = metrics["srcc"]
    return -2.0 if value is None else value


def _save_last(setup: Setup, progress: Progress) -> None:
    checkpoint.save_last(setup.attempt.run.last_checkpoint, setup.network, setup.optimizer, progress, setup.config)
    setup.recorder.checkpoint(epoch=progress.epoch, step=progress.step, name="last")


def _finish(setup: Setup, progress: Progress, cross_metrics: dict[str, Metrics], cross_notes: list[str]) -> None:
    """The result is the last file written."""
    test = progress.best_metrics["test"]
    setup.recorder.finished(srcc=test["srcc"], plcc=test["plcc"])
    write_record(setup.attempt.run.result, _result(setup, progress, cross_metrics, cross_notes))
    demo = " (demo data: the labels are no human opinions)" if setup.dataset.demo else ""
    setup.recorder.say(
        f"test SRCC {shown_metric(test['srcc'])}  PLCC {shown_metric(test['plcc'])}  of epoch "
        f"{progress.best_epoch}{demo}  in {setup.attempt.run.path}"
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
        | {dataset.name: len(dataset.items) for dataset in setup.cross_datasets},
        limited=config.is_limited,
        demo=setup.dataset.demo,
        device=setup.placement.name,
        precision=setup.placement.precision_in_words,
        parameters=parameter_count(setup.network),
        config=config.as_dict(),
        versions={"python": platform.python_version(), "torch": torch.__version__}
        | {name: _version(name) for name in PACKAGES},
        notes=[*notes_of_setup(setup), *progress.best_notes, *cross_notes],
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
