"""`python -m training.worker`: one of the other processes of a run with `--processes N`; the run itself starts it.

It is told what to do through its standard input, predicts its part of each batch, carries the gradient back, scores
its part of each split, and writes no file of the run.
"""

from __future__ import annotations

import contextlib
import os
import sys

from training.errors import TrainingError
from training.process.meeting import say
from training.process.workers import Orders


def main() -> None:
    """Never returns: libraries that are at work in threads could hold up an orderly exit."""
    orders = Orders()
    hello = orders.hello()
    try:
        from training.run.worker import work  # noqa: PLC0415 - torch takes seconds

        work(hello, orders)
    except BaseException as error:  # noqa: BLE001 - the run ends with these words
        words = str(error) if isinstance(error, TrainingError) else f"{type(error).__name__}: {error}"
        with contextlib.suppress(OSError):
            say(hello.report, (words.strip() or "no reason given").splitlines()[0])
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
