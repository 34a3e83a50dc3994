"""The value of `--dataset`: one data set, or several with a plus between them. Standard library only."""

from __future__ import annotations

import argparse

from training.config import RESIZE, TrainConfig
from training.runfolder.mixed import PLUS, dataset_names, places

DATASETS = (
    "koniq-10k",
    "spaq",
    "kadid-10k",
    "agiqa-3k",
    "livec",
    "tid2013",
    "tid2008",
    "pipal",
    "live",
    "csiq",
    "bid",
    "biq2021",
    "uhd-iqa",
    "flive",
    "csv",
    "demo",
)
EXAMPLE = "koniq-10k+kadid-10k"


def dataset(text: str) -> str:
    """The value of the flag.

    Raises:
        argparse.ArgumentTypeError: no such data set, or one twice.
    """
    names = dataset_names(text)
    for name in names:
        if name not in DATASETS:
            what = f"{name[:40]!r} is no data set" if name else f"{text[:80]!r} lacks a data set beside a {PLUS}"
            raise argparse.ArgumentTypeError(
                f"{what}: write one of {', '.join(DATASETS)}, or several of them, such as {EXAMPLE}"
            )
        if names.count(name) > 1:
            raise argparse.ArgumentTypeError(f"{text[:80]!r} has {name} twice: write it once")
    return text


def refused_data(config: TrainConfig) -> tuple[tuple[bool, str], ...]:
    """Whether the flags of the data contradict each other, each with the reason in words."""
    names, has_csv = config.dataset_names, "csv" in config.dataset_names
    places_given = places(config.data_path or "") if config.is_mixed else {}
    strange = [name for name in places_given if name not in DATASETS]
    return (
        (
            config.is_mixed and config.is_published,
            f"--dataset {config.dataset}: the published protocol trains on one data set; leave --protocol out",
        ),
        (
            bool(strange),
            f"--data_path gives a place to {', '.join(strange)}, which is no data set; it may name {', '.join(names)}",
        ),
        (
            config.is_mixed and has_csv and "csv" not in places_given,
            (
                f"--dataset {config.dataset} needs the file of csv: --data_path csv=FILE.csv, with the folders of the "
                "others, such as koniq-10k=FOLDER:csv=FILE.csv"
            ),
        ),
        (
            config.is_mixed and has_csv and config.scale is None,
            (
                f"--dataset {config.dataset}: the labels of csv are brought to 0 to 1 by their scale, so name it: "
                "--scale LOW,HIGH"
            ),
        ),
        (
            has_csv and config.data_path is None,
            "--dataset csv needs --data_path FILE.csv (columns image, mos; optional mos_sd, split, group)",
        ),
        (
            not has_csv and bool(config.scale or config.lower_is_better or config.resize != RESIZE),
            "--scale, --lower_is_better, --resize are for --dataset csv: what they say is known of the other data sets",
        ),
    )
