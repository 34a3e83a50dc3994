"""The finished network on data sets that it was not trained on."""

from __future__ import annotations

from training import checkpoint
from training.checkpoint import Metrics, Progress
from training.datasets import Dataset
from training.datasets.batches import SplitImages
from training.datasets.cache import open_images
from training.evaluate import evaluate, write_scores
from training.setup import Setup


def score_elsewhere(setup: Setup, progress: Progress) -> tuple[dict[str, Metrics], list[str]]:
    """Score the best network of the run on every other data set; leaves the network with these weights.

    Returns:
        Data set to metrics, and notes a reader of them needs.

    Raises:
        BadData: an image cannot be read.
        Stopped: asked to; a resumed run scores them all again.
    """
    checkpoint.load_best(setup.attempt.run.best_checkpoint, setup.network)
    metrics: dict[str, Metrics] = {}
    notes: list[str] = []
    for dataset in setup.cross_datasets:
        metrics[dataset.name], new_notes = _test_on(setup, progress, dataset)
        notes += new_notes
    return metrics, notes


def _test_on(setup: Setup, progress: Progress, dataset: Dataset) -> tuple[Metrics, list[str]]:
    config, recorder, should_stop = setup.config, setup.recorder, setup.attempt.should_stop
    store = open_images(
        dataset,
        config.patch_size,
        threads=config.num_workers,
        on_progress=lambda done, total: recorder.progress(f"decoding {dataset.name}", done, total),
        should_stop=should_stop,
    )
    evaluation = evaluate(
        setup.network,
        dataset,
        SplitImages(dataset, store, "test"),
        dataset.name,
        config,
        setup.placement,
        on_progress=lambda done, total: recorder.progress(f"scoring {dataset.name}, crops", done, total),
        should_stop=should_stop,
    )
    write_scores(setup.attempt.run.score_file(dataset.name, "test"), evaluation)
    recorder.evaluated(epoch=progress.best_epoch or 0, split=dataset.name, metrics=evaluation.metrics)
    return evaluation.metrics, [*dataset.notes, *evaluation.notes]
