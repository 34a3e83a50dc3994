"""TID2013: 25 pictures, each distorted in 24 ways at five levels.

Source: Ponomarenko et al., "Image database TID2013: peculiarities, results and perspectives", Signal Processing: Image
Communication 2015.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.base import Dataset
from training.datasets.tid import open_tid

OBSERVERS = 971 / 25
"""Experiments for each of the pictures; an observer saw all distortions of one."""
SOURCE = "It lies in TID2013's archive, beside the folder distorted_images."


def open_tid2013(folder: Path) -> Dataset:
    """MOS from 0 to 9, split so that all distortions of one picture stay together.

    Raises:
        BadData: a label file is missing, lengths differ, or a label is no number.
    """
    return open_tid("tid2013", folder, SOURCE, observers=OBSERVERS)
