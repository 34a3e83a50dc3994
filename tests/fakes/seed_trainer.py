"""In place of `python -m training` for one seed of a series: ends at once, or waits until it is told to stop.

What it does follows from the folder of its run: beside a file `hangs` it waits for TERM, beside `fails_<seed>` it ends
with the code that stands there, beside `constant_<seed>` its network has no score. Each start leaves a line (seed, resumed or new) in `started`.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from training.runfolder.exits import EXIT_STOPPED
from training.runfolder.layout import RunFolder
from training.runfolder.schema import Result
from training.runfolder.write import write_record


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--run_folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--train_test_num", choices=["1"], required=True)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--dataset")
    parser.add_argument("--runs_dir")
    options = parser.parse_args()
    run, beside = RunFolder(options.run_folder), options.run_folder.parent
    run.path.mkdir(exist_ok=True)
    run.spec.write_text("{}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(EXIT_STOPPED))
    with (beside / "started").open("a") as file:
        file.write(f"{options.seed} {'resumed' if options.resume else 'new'}\n")
    if (beside / "hangs").exists():
        signal.pause()
    code = beside / f"fails_{options.seed}"
    if code.exists():
        return int(code.read_text())
    test: dict[str, float | None] = {"srcc": options.seed / 100, "plcc": 0.5}
    if (beside / f"constant_{options.seed}").exists():
        test = {"srcc": None, "plcc": None}
    result = Result(run.run_id, {"test": test}, "clean", "demo", "l1", options.seed, "none", 0.0, 1.0)
    write_record(run.result, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
