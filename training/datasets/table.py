"""From `--dataset` to the data set, checked and limited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from training.config import TrainConfig
from training.datasets.agiqa3k import open_agiqa3k
from training.datasets.base import Dataset, Sizing
from training.datasets.bid import open_bid, open_published_bid
from training.datasets.biq2021 import open_biq2021
from training.datasets.checks import check_complete, check_fills_scale
from training.datasets.csiq import open_csiq
from training.datasets.demo import open_demo
from training.datasets.flive import open_flive
from training.datasets.histograms import with_answers
from training.datasets.kadid10k import open_kadid10k
from training.datasets.koniq10k import PUBLISHED_SIZING, open_koniq10k, open_published_koniq10k
from training.datasets.live import open_live
from training.datasets.livec import open_livec
from training.datasets.pipal import open_pipal
from training.datasets.spaq import open_spaq
from training.datasets.splits import reach, split_anew
from training.datasets.tid2008 import open_tid2008
from training.datasets.tid2013 import open_tid2013
from training.datasets.uhdiqa import open_uhdiqa
from training.datasets.user_csv import LabelScale, open_user_csv
from training.errors import BadData
from training.official_splits import refuse_other_split

READERS: dict[str, Callable[[Path], Dataset]] = {
    "koniq-10k": open_koniq10k,
    "spaq": open_spaq,
    "kadid-10k": open_kadid10k,
    "agiqa-3k": open_agiqa3k,
    "livec": open_livec,
    "tid2013": open_tid2013,
    "tid2008": open_tid2008,
    "pipal": open_pipal,
    "live": open_live,
    "csiq": open_csiq,
    "bid": open_bid,
    "biq2021": open_biq2021,
    "uhd-iqa": open_uhdiqa,
    "flive": open_flive,
    "demo": lambda _: open_demo(),
}
"""All but csv, whose flags say how to read it."""
PUBLISHED_READERS = {"koniq-10k": open_published_koniq10k, "bid": open_published_bid}
"""Data sets that the published protocol reads in another way."""
TRAINING_TOP = {"clean": 1.0, "published": 100.0}
"""Protocol to the top of the scale of training. The published code trains on KonIQ-10k's own scale, 0 to 100."""


def open_dataset(config: TrainConfig) -> Dataset:
    """The data set of this run.

    Raises:
        BadData: missing, incomplete or damaged; the text names the file and, for labels, the line.
    """
    _check_kind(config)
    return _prepared(config, _split_by(config.split_seed, _read(config)))


def open_datasets(config: TrainConfig) -> tuple[Dataset, ...]:
    """The data set of this run, or all of a mixed one, in which `split_seed` leaves official splits.

    Raises:
        BadData: as `open_dataset`; a scale without ends in a mixed run; a split seed that moves nothing.
    """
    if not config.is_mixed:
        return (open_dataset(config),)
    each = config.of_each_dataset()
    for one in each:
        _check_kind(one)
    read = [_read(one) for one in each]
    for dataset in read:
        if dataset.is_scale_guessed:
            raise BadData(
                f"--dataset {config.dataset}: the opinions of {dataset.name} are on a scale without ends, so its "
                "labels cannot be brought to 0 to 1 as those of the others are; leave it out"
            )
    if config.split_seed and all(dataset.has_official_split for dataset in read):
        refuse_other_split(config.split_seed, f"each of {', '.join(config.dataset_names)}")
    seeds = [0 if dataset.has_official_split else config.split_seed for dataset in read]
    return tuple(_prepared(one, _split_by(seed, dataset)) for one, dataset, seed in zip(each, read, seeds, strict=True))


def _prepared(config: TrainConfig, dataset: Dataset) -> Dataset:
    """Looked at, limited, and on the protocol's scale; with the places of the answers, if a histogram is learnt."""
    dataset = check_fills_scale(dataset)
    if config.learns_histogram:
        dataset = with_answers(dataset, config.answers)
    limited = dataset.limited(config.limit_train_images, config.limit_test_images)
    used = limited.only(config.used_splits)
    return check_complete(replace(used, training_top=TRAINING_TOP[config.protocol]), config.used_splits)


def refuse_split_seed(config: TrainConfig) -> None:
    """Refuse `--split_seed` before a run if the files of its data set name a split. If they cannot be read, as on a
    login node without the data, the run will say so.

    Raises:
        BadData: they name one.
    """
    try:
        dataset = _read(config)
    except (BadData, OSError):
        return
    _split_by(config.split_seed, dataset)


def open_part(config: TrainConfig, split: str, *, keeps_official: bool = False) -> Dataset:
    """The images of one split, or of `all`, as one test split of at most `limit_test_images`.

    `keeps_official`: `split_seed` is that of a run on several data sets, and moves no official split.

    Raises:
        BadData: as `open_dataset`; images of other splits may be missing.
    """
    _check_kind(config)
    read = _read(config)
    split_seed = 0 if keeps_official and read.has_official_split else config.split_seed
    dataset = check_fills_scale(_split_by(split_seed, read))
    if split != "all":
        if not dataset.split(split):
            there = ", ".join(sorted({item.split for item in dataset.items if item.split})) or "none"
            raise BadData(f"data set {dataset.name}: no image in the split {split}; it has {there}")
        dataset = dataset.only((split,))
    items = tuple(replace(item, split="test") for item in dataset.items)
    return check_complete(replace(dataset, items=items).limited(None, config.limit_test_images), ("test",))


def _read(config: TrainConfig) -> Dataset:
    if config.dataset == "csv":
        scale = LabelScale(config.scale_ends, config.lower_is_better)
        sizing = Sizing(largest_short_side=config.largest_short_side)
        answers = config.answers if config.learns_histogram else 0
        return open_user_csv(config.data_folder, scale, sizing, answers=answers)
    readers = READERS | PUBLISHED_READERS if config.is_published else READERS
    return readers[config.dataset](config.data_folder)


def _split_by(split_seed: int, dataset: Dataset) -> Dataset:
    """The data set with another split than the one that all runs share by default.

    Raises:
        BadData: its split is official.
    """
    if not split_seed:
        return dataset
    if dataset.has_official_split:
        refuse_other_split(split_seed, dataset.name)
    items = split_anew(dataset.items, split_seed)
    scale = reach(items) if dataset.is_scale_guessed else dataset.mos_range
    return replace(dataset, items=tuple(items), mos_range=scale)


def _check_kind(config: TrainConfig) -> None:
    """Refuse a file if a folder is needed, and the other way round: the commonest mistake."""
    path = config.data_folder
    if config.dataset == "csv" and path.is_dir():
        raise BadData(f"{path}: is a folder; --dataset csv takes the CSV file itself: --data_path FILE.csv")
    if config.dataset not in ("csv", "demo") and path.is_file():
        raise BadData(f"{path}: is a file; --data_path takes the folder of {config.dataset}")


def open_cross_dataset(name: str, folder: Path, config: TrainConfig) -> Dataset:
    """All images of another data set as one test split: this run's network has seen none of them.

    The published code brings images of every other data set to the size of KonIQ-10k's, so its protocol does too.

    Raises:
        BadData: as `open_dataset`.
    """
    dataset = check_fills_scale(READERS[name](folder))
    if config.is_published:
        dataset = replace(dataset, sizing=PUBLISHED_SIZING)
    items = tuple(replace(item, split="test") for item in dataset.items)
    limited = replace(dataset, items=items, training_top=TRAINING_TOP[config.protocol]).limited(
        None, config.limit_test_images
    )
    return check_complete(limited, ("test",))
