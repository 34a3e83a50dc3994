"""What the dispatcher writes into its log."""

from __future__ import annotations

import contextlib
import time

from training.runfolder.descriptors import shown_path
from training.runfolder.text import plain


def say(words: str) -> None:
    with contextlib.suppress(OSError):  # a full disk: the runs are worth more than the words
        print(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {plain(shown_path(words))}", flush=True)
