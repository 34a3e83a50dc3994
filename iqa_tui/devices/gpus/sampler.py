"""Asks the driver in a process of its own, which may hang or crash without taking another program along.

    python -m iqa_tui.devices.gpus.sampler [DEV] PID    a line on stdin asks, a line of JSON on stdout answers

It exits when no program can ask any more: at the end of stdin, and with process PID, which started it. DEV is the
folder of device files, /dev if it is left out.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1


def main(argv: list[str]) -> int:
    """Answer until no program asks; if the driver does not answer, say so once and exit."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # a query that hangs never sees the end of stdin
    if os.getppid() != int(argv[-1]):  # it exited before we asked to be killed with it
        return 0
    from iqa_tui.devices.gpus.nvml import Nvml, NvmlUnavailable  # noqa: PLC0415  after the line above: loading it may hang

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the library itself might print is no answer
    nvml: Nvml | None = None
    for _ in sys.stdin:
        try:
            nvml = nvml or Nvml(*map(Path, argv[:-1]))
            answer: dict[str, Any] = {
                "xids": [asdict(seen) for seen in nvml.xids()],  # first: `samples` may register anew and lose some
                "samples": [asdict(sample) for sample in nvml.samples()],
                "driver": nvml.driver_version(),
                "cuda": nvml.cuda_version(),
                "taken_at": time.time(),
            }
        except NvmlUnavailable as unavailable:
            answer = {"unavailable": str(unavailable), "is_normal": unavailable.is_normal}
        print(json.dumps(answer), file=answers, flush=True)
        if "unavailable" in answer:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
