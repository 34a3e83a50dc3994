"""Several data sets in one run: how `dataset` and `data_path` name them, and how its scores are told apart.

`koniq-10k+kadid-10k` is the one grammar for plans, `--set`, the command line and the result.
"""

from __future__ import annotations

import re

PLUS = "+"
"""Between the names of data sets."""
PLACE = re.compile(r"(?:^|:)([a-z][a-z0-9-]*)=")
"""The beginning of one data set's place in `koniq-10k=/data/koniq:csv=/data/mine.csv`."""


def dataset_names(dataset: str) -> tuple[str, ...]:
    """The data sets of a run, in the order in which it names them."""
    return tuple(dataset.split(PLUS))


def is_mixed(dataset: str) -> bool:
    return PLUS in dataset


def places(data_path: str) -> dict[str, str]:
    """Data set to its place, from `NAME=PATH:NAME=PATH`; empty if the text is one path. Of a name the last counts."""
    found = list(PLACE.finditer(data_path))
    if not found or found[0].start() != 0:
        return {}
    ends = [*(each.start() for each in found[1:]), len(data_path)]
    return {each[1]: data_path[each.end() : end] for each, end in zip(found, ends, strict=True)}


def joined_places(by_name: dict[str, str]) -> str:
    """What `places` reads."""
    return ":".join(f"{name}={path}" for name, path in by_name.items())


def scores_name(dataset: str, split: str) -> str:
    """The name of one data set's scores among the metrics of a mixed run, whose split by itself is the mean."""
    return f"{dataset} {split}"


def of_scores(name: str, dataset: str) -> tuple[str, str] | None:
    """Data set and split that `scores_name` put together, if the run's `dataset` names it; None for another name."""
    own, _, split = name.partition(" ")
    return (own, split) if split and is_mixed(dataset) and own in dataset_names(dataset) else None
