"""The finished network on data sets that it was not trained on."""

from __future__ import annotations

from training.checkpoints.best import load_best
from training.checkpoints.disk import needed_for_the_result
from training.datasets import Dataset
from training.errors import BadData
from training.images.batches import SplitImages
from training.images.cache import open_images
from training.progress import Metrics, Progress
from training.run.evaluate import evaluate, write_scores
from training.run.setup import Setup


def score_elsewhere(setup: Setup, progress: Progress) -> tuple[dict[str, Metrics], list[str]]:
    """Score the best network of the run on every other data set; leaves the network with these weights.

    A data set that cannot be read any more costs its own test, not the run's result.

    Returns:
        Data set to metrics, and notes a reader of them needs.

    Raises:
        BadCheckpoint: the best weights cannot be read again.
        CannotWrite: the scores cannot be kept.
        Stopped: asked to; a resumed run scores them all again.
    """
    _take_best(setup, progress)
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


def _take_best(setup: Setup, progress: Progress) -> None:
    """Load the best weights; what the result says of them is what stands beside them in their file.

    The two differ only where a run went on from the checkpoint before its last one on a device that does not repeat
    itself bit for bit, and the epochs done again were never as good as those it had thrown away.
    """
    best = load_best(setup.attempt.run.best_checkpoint, setup.network)
    if best["metrics"] == progress.best_metrics:
        return
    progress.lost.append(
        f"the best weights are of epoch {best['epoch']} as it was before a resume; done again it scored otherwise"
    )
    setup.recorder.warning(progress.lost[-1])
    progress.best_epoch, progress.best_metrics = best["epoch"], best["metrics"]
    progress.best_notes, progress.best_attention = best["notes"], best["attention"]


def _test_on(setup: Setup, progress: Progress, dataset: Dataset) -> tuple[Metrics, list[str]]:
    recorder = setup.recorder
    store = open_images(
        dataset,
        setup.config.patch_size,
        threads=setup.config.num_workers,
        on_progress=lambda done, total: recorder.progress(f"decoding {dataset.name}", done, total),
        should_stop=setup.attempt.should_stop,
    )
    evaluation = evaluate(setup, SplitImages(dataset, store, "test"), dataset.name)
    path = setup.attempt.run.score_file(dataset.name, "test")
    with needed_for_the_result(path):
        write_scores(path, evaluation)
    recorder.evaluated(epoch=progress.best_epoch or 0, split=dataset.name, metrics=evaluation.metrics)
    return evaluation.metrics, [*dataset.notes, *evaluation.notes]
