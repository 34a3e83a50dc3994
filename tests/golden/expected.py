"""Values that were computed outside of this project: `tests/golden/reference/README.md` says how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

REFERENCE = Path(__file__).parent / "reference"


def read_expected(name: str) -> Any:
    return json.loads((REFERENCE / name).read_text())


def koniq_labels() -> list[dict[str, object]]:
    """The rows of KonIQ-10k's label file in its own columns, but for the images' names, which are numbers here."""
    with np.load(REFERENCE / "koniq10k_labels.npz") as stored:
        answers, mos, sets = stored["answers"].astype(float), stored["mos"] / 100, stored["set"]
    counts = answers.sum(axis=1)
    means = answers @ np.arange(1, 6) / counts
    sds = np.sqrt((answers * (np.arange(1, 6) - means[:, None]) ** 2).sum(axis=1) / (counts - 1))
    names = ("training", "validation", "test")
    return [
        {
            "image_name": f"{number}.jpg",
            **{f"c{answer}": answers[number, answer - 1] / counts[number] for answer in range(1, 6)},
            "c_total": int(counts[number]),
            "MOS": float(mos[number]),
            "SD": float(sds[number]),
            "set": names[sets[number]],
        }
        for number in range(len(mos))
    ]
