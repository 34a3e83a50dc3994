"""LIVE, release 2: 29 photographs, distorted in five ways to several strengths.

Source: Sheikh et al., "A statistical evaluation of recent full reference image quality assessment algorithms", IEEE
TIP 2006.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import Dataset, Item
from training.datasets.labels.folders import label_file
from training.datasets.labels.matfile import read_mat, side_by_side
from training.datasets.splits import split_anew
from training.errors import BadData

LABELS = "dmos_realigned.mat"
REFERENCES = "refnames_all.mat"
SOURCES = {
    LABELS: "It is a download of its own, the “realigned subjective quality data” on the page of LIVE release 2 "
    "(live.ece.utexas.edu/research/Quality/subjective.htm); the release holds dmos.mat alone, whose scores are others.",
    REFERENCES: "It comes with LIVE release 2; release 1 has none.",
}
"""Label file to the sentence that says how to get it."""
FOLDERS = {"jp2k": 227, "jpeg": 233, "wn": 174, "gblur": 174, "fastfading": 174}
"""Folder to number of its images, `img1.bmp` onwards, in the order of the labels."""
WORST_DMOS = 100.0
"""DMOS is 0 if no difference from the original is seen; mos = 100 − dmos."""


def open_live(folder: Path) -> Dataset:
    """DMOS reversed, split so that all distortions of one photograph stay together.

    The folders also hold undistorted copies of the photographs (`orgs` is 1). No one scored them: they are left out.

    Raises:
        BadData: a label file or variable is missing, lengths differ, or a label is no number.
    """
    labels, references = (label_file(folder, name, source) for name, source in SOURCES.items())
    names = [f"{name}/img{number}.bmp" for name, count in FOLDERS.items() for number in range(1, count + 1)]
    rows = side_by_side(read_mat(labels, ("dmos_new", "dmos_std", "orgs")), read_mat(references, ("refnames_all",)))
    if len(rows) != len(names):
        raise BadData(f"{labels}: holds {len(rows):,} entries; LIVE has {len(names)} images")
    items = [
        Item(
            name=name,
            path=folder / name,
            mos=WORST_DMOS - row.number("dmos_new"),
            mos_sd=row.spread("dmos_std"),
            split="",
            group=row.text("refnames_all"),
            where=row.where,
        )
        for name, row in zip(names, rows, strict=True)
        if row.number("orgs") == 0
    ]
    return Dataset("live", tuple(split_anew(items)), mos_range=(0.0, WORST_DMOS))
