"""What goes wrong on a Slurm: power, controllers, daemons, places for other jobs, and what users and kernels kill."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from iqa_tui.errors import LaunchError
from iqa_tui.queue.stop import stop_run
from tests.slurm.conftest import SlurmLab
from training.runfolder.errors import RunFolderError
from training.runfolder.folders import list_runs

NODES = ("lab1", "lab2")
PATIENCE_SECONDS = 12.0
LEAK = re.compile(r"State=IDLE .*AllocTRES=\S*gres/gpu")


class Faults:
    """One after the other, by chance. What lasts is undone some seconds later, while others happen."""

    def __init__(self, lab: SlurmLab, chance: random.Random, say: Callable[[str], None]) -> None:
        self._lab, self._chance, self._say = lab, chance, say
        self.count: Counter[str] = Counter()
        self._undo: dict[str, tuple[float, Callable[[], None]]] = {}
        """By what is broken: when it is mended, and how."""
        self._leaks: set[str] = set()

    def one(self) -> None:
        """Something goes wrong. What cannot be done just now, for there is no such job, is left for another."""
        kinds = [self._power_cut, self._outage, self._requeue, self._requeue, self._hang, self._preemption]
        kinds += [self._cancel, self._stop, self._kill_supervisor, self._kill_trainer]
        while True:
            name = self._chance.choice(kinds)()
            if name:
                self.count[name] += 1
                return
            self.mend(time.monotonic() + 0.5)

    def mend(self, until: float) -> None:
        """Wait, and undo what is due."""
        while True:
            now = time.monotonic()
            for what in [what for what, (due, _) in self._undo.items() if due <= now]:
                self._mended(what)
            if now >= until:
                return
            time.sleep(0.2)

    def mend_all(self) -> None:
        for what in list(self._undo):
            self._mended(what)

    def administer(self) -> None:
        """What the administrator of a cluster does: nodes that Slurm drained are resumed, held jobs released, and a
        controller restarted that keeps the GPUs of an idle node for a job that is gone (22.05.8 does, after faults).
        """
        self._ask("scontrol", "update", "nodename=lab[1-2]", "state=resume")
        for line in self._ask("squeue", "-h", "-t", "PD", "-o", "%i|%r").splitlines():
            job, reason = line.split("|", 1)
            if "held" in reason.lower():
                self._ask("scontrol", "release", job)
        for line in self._ask("squeue", "-h", "-p", "high", "-t", "R", "-o", "%i %M").splitlines():
            job, age = line.split()
            if age > "0:20":  # of 3 s: the node ended it while the controller was down, which believes that it runs
                self._ask("scancel", job)
        told = self._ask("scontrol", "show", "node", "-o").splitlines()
        leaks = {node for node in NODES for line in told if f"NodeName={node} " in line and LEAK.search(line)}
        if leaks & self._leaks and "the controller" not in self._undo:
            self._say(f"{', '.join(leaks)} idle, and its GPUs taken: the controller is restarted")
            self._lab.tool("ctld-off")
            self._lab.tool("ctld-on")
        self._leaks = leaks

    def _mended(self, what: str) -> None:
        self._say(f"{what} is back")
        self._undo.pop(what)[1]()

    def _break(self, what: str, seconds: float, undo: Callable[[], None]) -> None:
        self._undo[what] = (time.monotonic() + seconds, undo)

    def _power_cut(self) -> str:
        node = self._chance.choice(NODES)
        if self._undo.keys() & {f"the power of {other}" for other in NODES} or f"the daemon of {node}" in self._undo:
            return ""
        self._say(f"power cut of {node}")
        self._lab.tool("node-off", node.removeprefix("lab"))
        seconds = self._chance.choice([2.0, 20.0, 35.0])
        self._break(f"the power of {node}", seconds, lambda: self._start(node))
        return "power cuts"

    def _start(self, node: str) -> None:
        self._lab.tool("node-on", node.removeprefix("lab"))
        self._ask("scontrol", "update", f"nodename={node}", "state=resume")

    def _outage(self) -> str:
        if "the controller" in self._undo:
            return ""
        self._say("outage of the controller")
        self._lab.tool("ctld-off")
        self._break("the controller", self._chance.choice([0.5, 4.0, 15.0]), self._begin_controller)
        return "controller outages"

    def _begin_controller(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self._lab.tool("ctld-on")
        self.administer()

    def _hang(self) -> str:
        node = self._chance.choice(NODES)
        if any(node in what for what in self._undo) or any(what.startswith("the daemon") for what in self._undo):
            return ""
        self._say(f"the daemon of {node} hangs")
        self._lab.pause_daemon(node, signal.SIGSTOP)
        seconds = self._chance.choice([5.0, 25.0, 40.0])
        self._break(f"the daemon of {node}", seconds, lambda: self._lab.pause_daemon(node, signal.SIGCONT))
        return "hung daemons"

    def _running(self) -> str:
        jobs = self._ask("squeue", "-h", "-t", "R", "-o", "%i %k").splitlines()
        jobs = [line.split()[0] for line in jobs if "iqa-tui:" in line]
        return self._chance.choice(jobs) if jobs else ""

    def _requeue(self) -> str:
        job = self._running()
        if job:
            self._say(f"requeue of {job}")
            self._ask("scontrol", "requeue", job)
        return "requeues" if job else ""

    def _preemption(self) -> str:
        node = self._chance.choice(NODES)
        if not self._running():
            return ""
        self._say(f"another job preempts on {node}")
        self._ask("sbatch", "-p", "high", f"--nodelist={node}", "--gres=gpu:2", "-o", "/dev/null", "--wrap", "sleep 3")
        return "preemptions"

    def _cancel(self) -> str:
        job = self._running()
        if job:
            self._say(f"scancel of {job}")
            self._ask("scancel", job)
        return "scancels" if job else ""

    def _kill_supervisor(self) -> str:
        job = self._running()
        if job:
            self._say(f"kill -9 of the supervisor of {job}")
            self._ask("scancel", "--batch", "--signal=KILL", job)
        return "supervisors killed" if job else ""

    def _stop(self) -> str:
        runs = [run for run in list_runs(self._lab.runs_dir) if not run.result.exists()]
        if not runs:
            return ""
        run = self._chance.choice(runs)
        self._say(f"stop of {run.run_id}")
        with contextlib.suppress(LaunchError, RunFolderError, OSError):
            stop_run(run)
        return "stops"

    def _kill_trainer(self) -> str:
        trainers = []
        for path in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                words = (path / "cmdline").read_bytes() if path.name.isdecimal() else b""
                if b"slow_trainer.py" in words and str(self._lab.runs_dir).encode() in words:
                    trainers.append(int(path.name))
        if not trainers:
            return ""
        pid = self._chance.choice(trainers)
        self._say(f"kill -9 of the trainer {pid}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return "trainers killed"

    def _ask(self, *words: str) -> str:
        """Of Slurm, which may be silent."""
        if "the controller" in self._undo:
            return ""
        try:
            return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False).stdout
        except subprocess.TimeoutExpired:
            return ""
