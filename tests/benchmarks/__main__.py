"""`make bench`: every measurement, one JSON line a figure. Ratios are taken within one run of this program.

With names of `SUBJECTS` only those are measured. Images are decoded into a cache of this program's own.
"""

from __future__ import annotations

import os
import sys
import tempfile

from tests.benchmarks import (
    crops,
    drawing,
    evaluation,
    intervals,
    launcher,
    logs,
    machine,
    memory,
    opening,
    reading,
    start,
    terminal,
    training,
)

SUBJECTS = {
    "start": start.main,
    "launcher": launcher.main,
    "crops": crops.main,
    "training": training.main,
    "evaluation": evaluation.main,
    "opening": opening.main,
    "memory": memory.main,
    "machine": machine.main,
    "terminal": terminal.main,
    "reading": reading.main,
    "drawing": drawing.main,
    "logs": logs.main,
    "intervals": intervals.main,
}


def main() -> None:
    with tempfile.TemporaryDirectory() as cache:
        os.environ["IQA_TUI_CACHE"] = cache
        for subject in sys.argv[1:] or SUBJECTS:
            SUBJECTS[subject]()


if __name__ == "__main__":
    main()
