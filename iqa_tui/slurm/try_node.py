"""What a node of the cluster can do, said by a job of a minute on it.

`python -m iqa_tui.slurm.try_node FOLDER torch|alone PATH…`: with `torch` that is imported too. The doctor submits the
job and answers it through the folder, so both sides are known to see each other's files, and how late. Standard library
only.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from training.runfolder.write import write_json

KILLED = "killed, as a process is that passes its job's memory"
HELLO, REPLY, ANSWER, LOCK = "hello.json", "reply.json", "answer.json", "test.lock"
REPLY_SECONDS = 30.0
TORCH_SECONDS = 120
POLL_SECONDS = 0.1
ASK_TORCH = """
import json, torch, torchvision, timm
count = torch.cuda.device_count() if torch.cuda.is_available() else 0
print(json.dumps({"torch": torch.__version__, "timm": timm.__version__, "built_for": torch.version.cuda,
                  "gpus": [torch.cuda.get_device_name(number) for number in range(count)]}))
"""


def main(arguments: list[str]) -> int:
    folder, asks_torch, paths = Path(arguments[0]), arguments[1] == "torch", arguments[2:]
    lock = _lock_words(folder / LOCK)
    began = time.monotonic()
    write_json(folder / HELLO, {"host": socket.gethostname(), "node": os.environ.get("SLURMD_NODENAME", "")})
    seconds = _wait_for(folder / REPLY, began)
    answer = {
        "python": ".".join(map(str, sys.version_info[:3])),
        "supervisor": _supervisor_words(),
        "round_trip_seconds": seconds,
        "cwd": _cwd(),
        "lock": lock,
        "devices": os.environ.get("CUDA_VISIBLE_DEVICES", ""),
        "missing": [path for path in paths if not _is_there(path)],
        "there": [path for path in paths if _is_there(path)],
        **(_torch() if asks_torch else {}),
    }
    write_json(folder / ANSWER, answer)
    return 0


def _wait_for(path: Path, began: float) -> float | None:
    """Seconds until it was there; None: never. Opening asks a file server, which a listing may not do."""
    while time.monotonic() - began < REPLY_SECONDS:
        try:
            path.open("rb").close()
        except OSError:
            time.sleep(POLL_SECONDS)
            continue
        return time.monotonic() - began
    return None


def _lock_words(path: Path) -> str:
    """Empty if a lock is taken, which is kept until this process ends."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return ""


def _is_there(path: str) -> bool:
    """Whether it can be read; an empty folder is a mount point without its disk."""
    try:
        return os.access(path, os.R_OK) and (not Path(path).is_dir() or any(Path(path).iterdir()))
    except OSError:
        return False


def _cwd() -> str:
    try:
        return str(Path.cwd())
    except OSError as error:
        return str(error)


def _supervisor_words() -> str:
    """Why a run's supervisor would not start; empty if it would."""
    command = [sys.executable, "-c", "import iqa_tui.service.supervisor"]
    return _last_error(command, 60)[1]


def _torch() -> dict[str, Any]:
    printed, words = _last_error([sys.executable, "-c", ASK_TORCH], TORCH_SECONDS)
    return {"torch_trouble": words} if words else {"torch": json.loads(printed.strip().splitlines()[-1])}


def _last_error(command: list[str], seconds: float) -> tuple[str, str]:
    """What it printed, and the last line of why it failed; empty if it did not."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return "", f"not done within {seconds:g} s"
    if done.returncode == -signal.SIGKILL:  # it leaves no words
        return done.stdout, KILLED
    words = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
    return done.stdout, "" if done.returncode == 0 else words


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
