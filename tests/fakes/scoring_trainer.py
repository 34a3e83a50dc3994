"""A trainer that scores without training: python scoring_trainer.py --run_folder DIR --srcc 0.93 [--until FILE].

Speaks the run folder as the real one does: events, then a result.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from training.runfolder.layout import RunFolder
from training.runfolder.schema import Result
from training.runfolder.write import EventWriter, write_record

STEPS = 40


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--run_folder", type=Path, required=True)
    parser.add_argument("--srcc", type=float, required=True)
    parser.add_argument("--until", type=Path, help="go on stepping until this file is there")
    parser.add_argument("--loss_type", default="l1")
    options = parser.parse_args()
    run = RunFolder(options.run_folder)
    events = EventWriter(run.events, int(os.environ["IQA_TUI_ATTEMPT"]))
    began = time.time()
    events.write("started", train_images=8, val_images=2, test_images=2, device="none", steps_per_epoch=STEPS, epochs=1)
    step = 0
    while step < STEPS or (options.until and not options.until.exists()):
        step = min(step + 1, STEPS)
        events.write("step", epoch=1, step=step, loss=1 / step, lr=1e-4, images_per_second=100.0)
        print(f"epoch 1/1  step {step}/{STEPS}  loss {1 / step:.4f}", flush=True)
        time.sleep(0.05)
    result = Result(
        run_id=run.run_id,
        metrics={"test": {"srcc": options.srcc, "plcc": options.srcc}},
        protocol="clean",
        dataset="none",
        loss_type=options.loss_type,
        seed=42,
        network="none",
        finished=time.time(),
        elapsed_seconds=time.time() - began,
    )
    write_record(run.result, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())
