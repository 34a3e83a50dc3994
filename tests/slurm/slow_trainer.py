"""A trainer that behaves as ours and learns nothing: events, checkpoints, a result, a stop, a resume.

    python slow_trainer.py --run_folder R --steps 100 --pause 0.1 [--every 5] [--deaf 1] [--memory_mib N]

--every 0: without checkpoints. --deaf 1: TERM is ignored. --witness D: each step and result that
is written is told to a file in D as well.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
from training.runfolder.fence import Fence, set_fence
from training.runfolder.layout import RunFolder
from training.runfolder.schema import Result
from training.runfolder.write import EventWriter, write_atomic, write_record

NAMES = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "IQA_TUI_DEVICE", "SLURM_JOB_ID", "SLURMD_NODENAME")


def tell(witness: Path | None, run: RunFolder, **what: float) -> None:
    if witness is not None:
        line = json.dumps({"attempt": int(os.environ["IQA_TUI_ATTEMPT"]), **what})
        with (witness / f"{run.run_id}.jsonl").open("a") as file:
            file.write(line + "\n")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--run_folder", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--pause", type=float, default=0.1)
    parser.add_argument("--every", type=int, default=5)
    parser.add_argument("--deaf", type=int, default=0)
    parser.add_argument("--memory_mib", type=int, default=0)
    parser.add_argument("--witness", type=Path)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--resume", action="store_true")
    options = parser.parse_args()
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: None if options.deaf else asked.append(number))
    run = RunFolder(options.run_folder)
    set_fence(Fence(run, os.environ["IQA_TUI_FENCE"]))
    (run.path / "seen.json").write_text(json.dumps({name: os.environ.get(name) for name in NAMES}))
    ballast = bytearray(options.memory_mib << 20)
    ballast[::4096] = b"x" * len(ballast[::4096])
    first = json.loads(run.last_checkpoint.read_text())["step"] if run.last_checkpoint.exists() else 0
    events = EventWriter(run.events, int(os.environ["IQA_TUI_ATTEMPT"]))
    events.write("started", steps_per_epoch=10, epochs=options.steps // 10, device="cuda")
    for step in range(first + 1, options.steps + 1):
        time.sleep(options.pause)
        events.write("step", epoch=1 + (step - 1) // 10, step=step, loss=1 / step, lr=0.1)
        tell(options.witness, run, step=step)
        if options.every and (asked or step % options.every == 0):
            write_atomic(run.last_checkpoint, json.dumps({"step": step}).encode())
            events.write("checkpoint", epoch=1, step=step, name="last")
        if asked:
            events.write("ended", how="stopped", epoch=1, step=step, checkpoint="last", saved=bool(options.every))
            return 75
    metrics = {"test": {"srcc": 0.9, "plcc": 0.9}}
    more = {"dataset": "d", "loss_type": "l1", "seed": options.seed, "network": "n", "finished": time.time()}
    write_record(run.result, Result(run.run_id, metrics, "clean", elapsed_seconds=1.0, **more))
    tell(options.witness, run, srcc=0.9)
    events.write("finished", srcc=0.9, plcc=0.9)
    return 0


if __name__ == "__main__":
    sys.exit(main())
