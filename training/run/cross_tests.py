"""The finished network on data sets that it was not trained on."""

from __future__ import annotations

from training.checkpoints.disk import needed_for_the_result
from training.datasets import Dataset
from training.errors import BadData
from training.images.batches import SplitImages
from training.images.cache import open_images
from training.progress import Metrics, Progress
from training.run.choose import take_best
from training.run.evaluate import evaluate, write_scores
from training.run.setup import Setup


def score_elsewhere(setup: Setup, progress: Progress) -> tuple[dict[str, Metrics], list[str]]:
    """Score the best network of the run on every other data set; leaves the network with these weights.

    A data set that cannot be read any more costs its own test, not the result of the run.

    Returns:
        Data set to metrics, and notes a reader of them needs.

    Raises:
        BadCheckpoint: the best weights cannot be read again.
        CannotWrite: the scores cannot be kept.
        Stopped: asked to; a resumed run scores all of them again.
    """
    take_best(setup, progress)
    metrics: dict[str, Metrics] = {}
    notes: list[str] = []
    for dataset in setup.cross_datasets:
        try:
            metrics[dataset.name], new_notes = _test_on(setup, progress, dataset)
            notes += new_notes
        except (BadData, OSError) as error:
            notes.append(f"not tested on {dataset.name}: {error}")
            setup.recorder.warning(notes[-1])
    here = {dataset.name for dataset in setup.cross_datasets}
    for name in progress.cross_datasets:
        if name not in here:
            notes.append(f"not tested on {name}: its folder was there when the run began and is gone")
            setup.recorder.warning(notes[-1])
    return metrics, notes


def _test_on(setup: Setup, progress: Progress, dataset: Dataset) -> tuple[Metrics, list[str]]:
    recorder = setup.recorder
    store = open_images(
        dataset,
        setup.config.patch_size,
        threads=setup.config.num_workers,
        on_progress=lambda done, total: recorder.progress(f"decoding {dataset.name}", done, total),
        should_stop=setup.attempt.should_stop,
        say=recorder.say,
    )
    evaluation = evaluate(setup, SplitImages(dataset, store, "test"), dataset.name)
    run = setup.attempt.run
    path = run.score_file(dataset.name, "test")
    with needed_for_the_result(run, path):
        write_scores(path, evaluation)
    recorder.evaluated(epoch=progress.best_epoch or 0, split=dataset.name, metrics=evaluation.metrics)
    return evaluation.metrics, [*dataset.notes, *store.changes.notes(dataset), *evaluation.notes]
