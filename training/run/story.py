"""One run, told from the top: data, network, epochs, result."""

from __future__ import annotations

import sys
import time

from training.checkpoints.resumable import resumed_from
from training.checkpoints.schedule import CheckpointSchedule
from training.config import TrainConfig
from training.errors import Stopped, TakenOver, exit_kind
from training.process.attempt import Attempt
from training.progress import Metrics, Progress
from training.run.choose import is_over, look_for_best, score_epoch
from training.run.cross_tests import score_elsewhere
from training.run.finish import finish
from training.run.loop import train_epoch
from training.run.placements import note_placement
from training.run.setup import Setup, report_start, set_up
from training.runfolder.layout import RunFolder
from training.runfolder.write import remove_left_over
from training.telling.recorder import Recorder, shown_loss
from training.telling.tensorboard import open_events


def run(config: TrainConfig, attempt: Attempt) -> None:
    """Train, choose the best epoch, write the result.

    After every epoch validation and test are scored: the headline is the test score of the epoch that is best on
    validation, and the best test score is kept beside it as `test_oracle`. The published protocol scores the test
    split alone and chooses by it; with `--no_test` the validation split alone is scored. Without epochs the network is
    scored as it is.

    A checkpoint is written on a period and when an epoch's training is done; what scoring it found is written beside
    it. A run that is killed repeats minutes of training at most, and never a whole epoch because its evaluation was
    cut short.

    Raises:
        TrainingError: an error that ends the run early; see `training.errors`.
    """
    began = time.monotonic()
    folder = attempt.run
    remove_left_over(folder.checkpoints, folder.scores, folder.model_card, folder.result)
    events = open_events(folder, attempt.number, config)
    recorder = Recorder(events, show_bar=attempt.by_hand and sys.stderr.isatty())
    schedule: CheckpointSchedule | None = None
    progress: Progress | None = None
    setup: Setup | None = None
    try:
        setup = _set_up(config, attempt, recorder)
        schedule = CheckpointSchedule(folder, setup.learner, recorder, began=began)
        progress = _progress(setup, schedule)
        report_start(setup)
        _train(setup, schedule, progress)
        cross_metrics, cross_notes = _score_elsewhere(setup, progress)
        progress.elapsed_seconds = schedule.elapsed_seconds()
        finish(setup, progress, cross_metrics, cross_notes)
    except (Exception, KeyboardInterrupt) as error:
        if not isinstance(error, TakenOver):
            recorder.ended(
                how=exit_kind(error),
                epoch=progress.epoch if progress else None,
                step=progress.step if progress else None,
                checkpoint=schedule.resumed_from() if schedule else resumed_from(folder),
                saved=schedule is not None and progress is not None and schedule.holds(progress),
            )
        raise
    finally:
        if setup is not None and setup.team is not None:
            setup.team.close()
        recorder.close_bar()
        events.close()


def _set_up(config: TrainConfig, attempt: Attempt, recorder: Recorder) -> Setup:
    try:
        return set_up(config, attempt, recorder)
    except Stopped as error:
        raise Stopped(f"{error}; {_how_to_go_on(attempt.run)}") from None


def _progress(setup: Setup, schedule: CheckpointSchedule) -> Progress:
    """The beginning, or with `--resume` what the newest usable checkpoint says."""
    progress = schedule.resume() if setup.config.resume else Progress()
    note_placement(setup, progress)
    look_for_best(setup, progress)
    found = {*progress.cross_datasets, *(dataset.name for dataset in setup.cross_datasets)}
    progress.cross_datasets = sorted(found)
    return progress


def _train(setup: Setup, schedule: CheckpointSchedule, progress: Progress) -> None:
    """Every epoch that is left.

    Raises:
        Stopped: how far it is, and how to go on.
    """
    try:
        if setup.config.epochs == 0 and progress.best_epoch is None:
            score_epoch(setup, progress, epoch=0)
            schedule.save(progress)
        while not is_over(progress, setup.config):
            _train_one_epoch(setup, schedule, progress)
    except Stopped:
        place = f"at step {progress.step:,} of epoch {progress.epoch}"
        if not schedule.save(progress):
            place += " without a checkpoint of it (the disk: see the warning above)"
        raise Stopped(f"stopped {place}; {_how_to_go_on(setup.attempt.run)}") from None


def _train_one_epoch(setup: Setup, schedule: CheckpointSchedule, progress: Progress) -> None:
    """Train an epoch, write its weights, score it, and write what that found.

    `last.pt` is written once an epoch, before the evaluation, which changes no weight. A kill before that write repeats
    the training since the checkpoint before; a kill during the evaluation repeats the evaluation, of the very same
    weights, so even a GPU that does not repeat itself bit for bit keeps this epoch; a kill after the second write, a
    small file, repeats nothing.
    """
    config, recorder = setup.config, setup.recorder
    train_epoch(setup, progress, schedule)
    schedule.save(progress)
    mean_loss = progress.loss_sum / max(progress.step_in_epoch, 1)
    elapsed_seconds = schedule.elapsed_seconds() - progress.epoch_began_seconds
    recorder.epoch(
        epoch=progress.epoch,
        loss=mean_loss,
        parts={name: total / max(progress.step_in_epoch, 1) for name, total in progress.part_sums.items()},
        elapsed_seconds=elapsed_seconds,
        clipped=progress.clipped_in_epoch / max(progress.step_in_epoch, 1) if config.clip_norm else None,
    )
    recorder.say(f"epoch {progress.epoch}/{config.epochs}  mean loss {shown_loss(mean_loss)}")
    score_epoch(setup, progress, progress.epoch)
    progress.epoch += 1
    progress.step_in_epoch = 0
    progress.loss_sum = 0.0
    progress.part_sums = {}
    progress.clipped_in_epoch = 0
    progress.epoch_began_seconds = schedule.elapsed_seconds()
    schedule.save(progress)


def _score_elsewhere(setup: Setup, progress: Progress) -> tuple[dict[str, Metrics], list[str]]:
    try:
        return score_elsewhere(setup, progress)
    except Stopped:  # without a checkpoint: the network now holds the best weights, not the last
        raise Stopped(f"stopped while testing on other data sets; {_how_to_go_on(setup.attempt.run)}") from None


def _how_to_go_on(run: RunFolder) -> str:
    return f"go on with --run_folder {run.shown} --resume and the same flags"
