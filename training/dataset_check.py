"""`python -m training.dataset_check FLAGS`: would a run with these flags find its data? Trains nothing.

Reads every label, looks for every image, decodes a few of each split, and does the same for the other data sets that
the run would be tested on. Prints one JSON object. Exit codes: 0 all is there, 2 flags refused, 4 something is missing
or damaged.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from training.datasets import Dataset, open_cross_dataset, open_datasets
from training.datasets.base import SPLITS
from training.errors import TrainingError
from training.flags import parse
from training.runfolder.text import plain_lines, speak_leniently

DECODED = 3
"""Images of each split that are decoded, the first and last among them."""


def main(argv: list[str] | None = None) -> int:
    speak_leniently()
    config = parse(sys.argv[1:] if argv is None else argv)
    try:
        datasets = open_datasets(config)
        others = [open_cross_dataset(name, path, config) for name, path in config.cross_folders().items()]
        for each in (*datasets, *others):
            _decode_some(each)
    except TrainingError as error:
        print(f"error: {plain_lines(str(error))}", file=sys.stderr)
        return error.exit_code
    own = [
        _words_of(dataset) | {"folder": str(each.data_folder)}
        for dataset, each in zip(datasets, config.of_each_dataset(), strict=True)
    ]
    together = _words_of(datasets[0]) if len(own) == 1 else _sum_of(config.dataset, own)
    print(json.dumps(together | {"tested_on": [_words_of(other) for other in others]}))
    return 0


def _decode_some(dataset: Dataset) -> None:
    for split in SPLITS:
        items = dataset.split(split)
        for place in range(min(DECODED, len(items))):
            item = items[place * (len(items) - 1) // max(1, min(DECODED, len(items)) - 1)]
            dataset.picture(item)


def _words_of(dataset: Dataset) -> dict[str, Any]:
    counts = {split: len(dataset.split(split)) for split in SPLITS}
    return {"name": dataset.name, "images": {split: count for split, count in counts.items() if count}}


def _sum_of(name: str, own: list[dict[str, Any]]) -> dict[str, Any]:
    """Of a mixed run: all images by split, and `sets`, each by itself with the folder that is read."""
    counts = {split: sum(each["images"].get(split, 0) for each in own) for split in SPLITS}
    return {"name": name, "images": {split: count for split, count in counts.items() if count}, "sets": own}


if __name__ == "__main__":
    sys.exit(main())
