"""One run, told from the top: data, network, epochs, result."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
import time
from dataclasses import dataclass

import torch

from training import checkpoint
from training.attempt import Attempt
from training.checkpoint import Metrics, Progress
from training.config import PUBLISHED_TRAIN_TEST_NUM, TrainConfig
from training.datasets import Dataset, open_dataset
from training.datasets.base import SPLITS
from training.datasets.batches import SplitImages
from training.datasets.cache import open_images
from training.device import Placement, place, suit_network
from training.errors import Stopped
from training.evaluate import Evaluation, evaluate, write_scores
from training.loop import steps_per_epoch, train_epoch
from training.losses import build_criterion
from training.network.build import build_network
from training.network.quality import QualityNetwork, parameter_count
from training.optim import build_optimizer
from training.record import Recorder, shown_metric
from training.runfolder.schema import Result
from training.runfolder.write import EventWriter, write_record
from training.seed import seed_network

PACKAGES = ("iqa-tui", "timm", "numpy", "scipy", "pillow")


@dataclass(frozen=True, slots=True)
class Setup:
    """What stays the same over a run."""

    config: TrainConfig
    attempt: Attempt
    recorder: Recorder
    placement: Placement
    dataset: Dataset
    images: dict[str, SplitImages]
    network: QualityNetwork
    optimizer: torch.optim.Optimizer


def run(config: TrainConfig, attempt: Attempt) -> None:
    """Train, choose the best epoch on the validation split, write the result.

    After every epoch validation and test are scored: the headline is the test score of the epoch that is best on
    validation, and the best test score is kept beside it as `test_oracle`.

    Raises:
        TrainingError: whatever ends a run early; see `training.errors`.
    """
    events = EventWriter(attempt.run.events, attempt.number)
    recorder = Recorder(events, show_bar=attempt.by_hand and sys.stderr.isatty())
    began = time.monotonic()
    setup = _set_up(config, attempt, recorder)
    progress = _resume(setup) if config.resume else Progress()
    earlier_seconds = progress.elapsed_seconds
    _tell_start(setup)
    try:
        while not _is_over(progress, config):
            _train_one_epoch(setup, progress)
            progress.elapsed_seconds = earlier_seconds + time.monotonic() - began
            _save_last(setup, progress)
    except Stopped:
        progress.elapsed_seconds = earlier_seconds + time.monotonic() - began
        _save_last(setup, progress)
        raise Stopped(
            f"stopped at step {progress.step:,} of epoch {progress.epoch}; "
            f"go on with --run_folder {attempt.run.path} --resume and the same flags"
        ) from None
    _finish(setup, progress)
    events.close()


def _set_up(config: TrainConfig, attempt: Attempt, recorder: Recorder) -> Setup:
    """Data before network: what a user most often gets wrong is told first."""
    placement = place(config.precision)
    dataset = open_dataset(config)
    store = open_images(
        dataset,
        config.patch_size,
        threads=config.num_workers,
        on_progress=lambda done, total: recorder.progress("decoding images", done, total),
        should_stop=attempt.should_stop,
    )
    seed_network(config.seed)
    network = build_network(config).to(placement.device)
    if placement.is_cuda:
        network = network.to(memory_format=torch.channels_last)  # on a CPU training is 15% slower so
    return Setup(
        config=config,
        attempt=attempt,
        recorder=recorder,
        placement=suit_network(placement, config.precision, network),
        dataset=dataset,
        images={split: SplitImages(dataset, store, split) for split in SPLITS},
        network=network,
        optimizer=build_optimizer(network, config),
    )


def _resume(setup: Setup) -> Progress:
    path = setup.attempt.run.last_checkpoint
    progress = checkpoint.load_last(path, setup.network, setup.optimizer, setup.config)
    setup.recorder.say(f"resumed from {path} at step {progress.step:,} of epoch {progress.epoch}")
    return progress


def _tell_start(setup: Setup) -> None:
    config, placement, images = setup.config, setup.placement, setup.images
    steps = steps_per_epoch(len(images["train"]), config)
    parameters = parameter_count(setup.network)
    setup.recorder.started(
        train_images=len(images["train"]),
        val_images=len(images["val"]),
        test_images=len(images["test"]),
        parameters=parameters,
        device=placement.name,
        precision=placement.precision_in_words,
        steps_per_epoch=steps,
        epochs=config.epochs,
    )
    setup.recorder.say(
        f"{config.network_name}, {parameters:,} parameters, on {placement.name}, {placement.precision_in_words}; "
        f"{setup.dataset.name}: {len(images['train']):,} training, {len(images['val']):,} validation, "
        f"{len(images['test']):,} test images; {steps:,} steps an epoch; loss {config.loss_type}; seed {config.seed}"
    )
    for note in _notes_of_setup(setup):
        setup.recorder.warning(note)


def _notes_of_setup(setup: Setup) -> list[str]:
    notes = list(setup.dataset.notes)
    if setup.config.train_test_num == PUBLISHED_TRAIN_TEST_NUM:
        notes.append(
            f"--train_test_num {PUBLISHED_TRAIN_TEST_NUM} (the published default): one run is one seed here; "
            "repeat with --seed or `iqa-tui launch PLAN --seeds 1,2,3`"
        )
    if setup.config.loss_type == "pairwise" and setup.images["train"].unit_mos_sd is None:
        notes.append("no spread of opinions is known for every training image: the pairwise loss uses one for all")
    return notes


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
    evaluations = {split: _evaluate(setup, split, progress.epoch) for split in ("val", "test")}
    _judge(setup, progress, evaluations)
    progress.epoch += 1
    progress.step_in_epoch = 0
    progress.loss_sum = 0.0


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


def _judge(setup: Setup, progress: Progress, evaluations: dict[str, Evaluation]) -> None:
    """Keep this epoch where it is the best on validation, and its test score where that is the best on test."""
    val, test = evaluations["val"], evaluations["test"]
    if not progress.oracle or _srcc(test.metrics) > _srcc(progress.oracle):
        progress.oracle = test.metrics
    if progress.best_epoch is not None and _srcc(val.metrics) <= _srcc(progress.best_metrics["val"]):
        progress.epochs_without_better += 1
        return
    progress.epochs_without_better = 0
    progress.best_epoch = progress.epoch
    progress.best_metrics = {"test": test.metrics, "val": val.metrics}
    progress.best_notes = [*val.notes, *test.notes]
    progress.best_attention = test.mean_attention
    run_folder = setup.attempt.run
    for split, evaluation in evaluations.items():
        write_scores(run_folder.score_file(setup.dataset.name, split), evaluation)
    checkpoint.save_best(run_folder.best_checkpoint, setup.network, progress, setup.config)
    setup.recorder.checkpoint(epoch=progress.epoch, step=progress.step, name="best")


def _srcc(metrics: Metrics) -> float:
    """For comparing; an undefined one is worse than any."""
    value = metrics["srcc"]
    return -2.0 if value is None else value


def _save_last(setup: Setup, progress: Progress) -> None:
    checkpoint.save_last(setup.attempt.run.last_checkpoint, setup.network, setup.optimizer, progress, setup.config)
    setup.recorder.checkpoint(epoch=progress.epoch, step=progress.step, name="last")


def _finish(setup: Setup, progress: Progress) -> None:
    """The result is the last file written."""
    test = progress.best_metrics["test"]
    setup.recorder.finished(srcc=test["srcc"], plcc=test["plcc"])
    write_record(setup.attempt.run.result, _result(setup, progress))
    demo = " (demo data: the labels are no human opinions)" if setup.dataset.demo else ""
    setup.recorder.say(
        f"test SRCC {shown_metric(test['srcc'])}  PLCC {shown_metric(test['plcc'])}  of epoch "
        f"{progress.best_epoch}{demo}  in {setup.attempt.run.path}"
    )


def _result(setup: Setup, progress: Progress) -> Result:
    config = setup.config
    return Result(
        run_id=setup.attempt.run.run_id,
        metrics={**progress.best_metrics, "test_oracle": progress.oracle},
        protocol=config.protocol,
        dataset=setup.dataset.name,
        loss_type=config.loss_type,
        seed=config.seed,
        network=config.network_name,
        finished=time.time(),
        elapsed_seconds=progress.elapsed_seconds,
        best_epoch=progress.best_epoch,
        epochs=progress.epoch - 1,
        images={split: len(images) for split, images in setup.images.items()},
        limited=config.is_limited,
        demo=setup.dataset.demo,
        device=setup.placement.name,
        precision=setup.placement.precision_in_words,
        parameters=parameter_count(setup.network),
        attention=progress.best_attention,
        config=config.as_dict(),
        versions={"python": platform.python_version(), "torch": torch.__version__}
        | {name: _version(name) for name in PACKAGES},
        notes=[*_notes_of_setup(setup), *progress.best_notes],
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"
