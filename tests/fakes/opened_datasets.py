"""Data sets opened as a run opens them, and faults put into their label files."""

from training.datasets import Dataset, open_dataset
from training.datasets.base import SPLITS
from training.flags import parse
from training.images.cache import open_images


def opened(name: str, path: object = None, *flags: str) -> Dataset:
    where = ["--data_path", str(path)] if path is not None else []
    return open_dataset(parse(["--dataset", name, *where, *flags]))


def decoded(dataset: Dataset, side: int = 32, *, told=lambda done, total: None):
    return open_images(dataset, side, threads=2, on_progress=told, should_stop=lambda: False)


def counts(dataset: Dataset) -> dict[str, int]:
    return {split: len(dataset.split(split)) for split in SPLITS}


def edit(path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def item_of(dataset, name):
    return next(item for item in dataset.items if item.name == name)
