"""TID2008: 25 pictures, each distorted in 17 ways at four levels (www.ponomarenko.info/tid2008.htm).

The pictures are those of TID2013, and so are many distortions: a network trained on one has seen the other's pictures.

Source: Ponomarenko et al., "TID2008 - A database for evaluation of full-reference visual quality assessment metrics",
Advances of Modern Radioelectronics 2009.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import Dataset
from training.datasets.tid import open_tid

OBSERVERS = 838 / 25
"""Experiments for each of the pictures; an observer saw all distortions of one (www.ponomarenko.info/tid2008.htm)."""
SOURCE = "It lies in TID2008's archive, beside the folder distorted_images."


def open_tid2008(folder: Path) -> Dataset:
    """MOS from 0 to 9, split so that all distortions of one picture stay together.

    Raises:
        BadData: a label file is missing, lengths differ, or a label is no number.
    """
    return open_tid("tid2008", folder, SOURCE, observers=OBSERVERS)
