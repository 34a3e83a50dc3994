"""`make gpu`: does the trainer work on this GPU, and how fast? Needs no network and no test runner.

    python -m tests.gpu [words of a check's name …]

Prints a JSON line a figure and a line a check; exit code 1 if a check fails. Without a GPU it runs what a CPU can show,
with a small network, and names what it left out. Checks that would begin after nine minutes are left out and named.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

import torch

from tests.gpu.checks import CHECKS
from tests.gpu.ground import Ground

LAST_START_SECONDS = 540


def main(words: list[str]) -> int:
    is_gpu = torch.cuda.is_available()
    place = torch.cuda.get_device_name(0) if is_gpu else "no GPU: the CPU's half"
    print(json.dumps({"device": place, "torch": torch.__version__, "cuda": torch.version.cuda}), flush=True)
    began, failed, left_out = time.monotonic(), [], []
    with tempfile.TemporaryDirectory(prefix="gpu-checks-") as folder:
        os.environ["IQA_TUI_CACHE"] = f"{folder}/cache"
        ground = Ground(Path(folder), is_gpu)
        for check in CHECKS:
            if words and not all(word in check.name for word in words):
                continue
            if (check.needs_gpu and not is_gpu) or time.monotonic() - began > LAST_START_SECONDS:
                left_out.append(check.name)
                continue
            start = time.monotonic()
            try:
                for figure in check.run(ground):
                    line = {"name": figure.name, "value": round(figure.value, 4), "unit": figure.unit}
                    print(json.dumps(line | {"against": figure.against}, ensure_ascii=False), flush=True)
            except Exception as error:  # noqa: BLE001  the other checks are still worth running
                if not isinstance(error, AssertionError):
                    traceback.print_exc()
                failed.append(check.name)
                print(f"FAILED  {check.name}: {error}", flush=True)
            else:
                print(f"ok      {check.name} ({time.monotonic() - start:.0f} s)", flush=True)
    for name in left_out:
        print(f"left out: {name}", flush=True)
    print(f"{len(failed)} failed, {len(left_out)} left out, {time.monotonic() - began:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
