"""A trainer that trains nothing, for plans with `command`: python stub_trainer.py --run_folder DIR --seconds 1 …

Writes `stub.json` (its pid, its devices, its children's pids) into the run's folder, prints a line, sleeps, ends as told.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SLEEPER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--run_folder", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--exit", type=int, default=0)
    parser.add_argument("--say", default="training")
    parser.add_argument("--ignore_term", action="store_true")
    parser.add_argument("--workers", type=int, default=0, help="children in its group that ignore TERM")
    parser.add_argument("--detach", action="store_true", help="leave an orphan in a session of its own")
    parser.add_argument("--fork", action="store_true", help="a child that inherits everything, as loader workers do")
    parser.add_argument("--until", type=Path, help="end when this file is there")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--loss_type")
    parser.add_argument("--die_of", help="kill itself by this signal")
    parser.add_argument("--flood_mib", type=int, default=0, help="print this much as fast as it can")
    parser.add_argument("--long_line_mib", type=int, default=0, help="print one line of this length")
    parser.add_argument("--close_stdout", action="store_true")
    parser.add_argument("--daemon", action="store_true", help="leave a daemon: setsid, forked twice, nothing open")
    parser.add_argument("--fill", type=Path, help="write into this file until the disk is full")
    options = parser.parse_args()
    if options.ignore_term:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    children = [subprocess.Popen([sys.executable, "-c", SLEEPER]) for _ in range(options.workers)]
    if options.detach:
        children.append(subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True))
    if options.daemon:
        children.append(daemon(options.run_folder))
    names = ("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "OMP_NUM_THREADS", "IQA_TUI_ATTEMPT", "IQA_TUI_DEVICE")
    forked = os.fork() if options.fork else None
    if forked == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
        os._exit(0)
    content = {
        "forked": forked,
        "pid": os.getpid(),
        "children": [child if isinstance(child, int) else child.pid for child in children],
        "env": {name: os.environ.get(name) for name in names},
        "blocked_signals": sorted(int(number) for number in signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    }
    aside = options.run_folder / "stub.json.aside"
    aside.write_text(json.dumps(content))
    aside.replace(options.run_folder / "stub.json")
    if options.say:
        print(options.say, flush=True)
    misbehave(options)
    deadline = time.monotonic() + (60.0 if options.until else options.seconds)
    while time.monotonic() < deadline and not (options.until and options.until.exists()):
        time.sleep(0.02)
    for child in children:
        if not isinstance(child, int):
            child.returncode = 0  # left behind on purpose
    if options.die_of:
        os.kill(os.getpid(), signal.Signals[options.die_of])
    return options.exit


def misbehave(options: argparse.Namespace) -> None:
    block = b"x" * (1 << 20)
    for _ in range(options.flood_mib):
        os.write(1, block[:-1] + b"\n")
    for _ in range(options.long_line_mib):
        os.write(1, block)
    if options.close_stdout:
        os.close(1)
        os.close(2)
    if options.fill:
        with options.fill.open("wb", buffering=0) as file:
            while True:
                file.write(block)


def daemon(folder: Path) -> int:
    """The pid of a process that no parent, session, group or open file ties to us."""
    told = folder / "daemon.pid"
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 256)
            told.with_suffix(".aside").write_text(str(os.getpid()))
            told.with_suffix(".aside").replace(told)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)
        os._exit(0)
    while not told.exists():
        time.sleep(0.01)
    return int(told.read_text())


if __name__ == "__main__":
    sys.exit(main())
