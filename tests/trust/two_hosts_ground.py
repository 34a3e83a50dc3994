"""Two hosts that share a folder and no locks: namespaces, and a FUSE mount for each."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from iqa_tui.processes.marks import environment_of
from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SITE = HERE / "two_hosts_site"
"""Its `sitecustomize` gives a host's programs that host's clock, and a disk without flock."""
PATIENCE_SECONDS = 6.0
"""How long a beat may stand still here, instead of three minutes."""
STEPS = 60
START_SECONDS = 180.0
INSIDE = """\
set -e
mount --make-rprivate /
hostname {name}
mount --bind {folder}/machine-id-{key} /etc/machine-id
mount --bind {folder}/boot-id-{key} /proc/sys/kernel/random/boot_id
bindfs {folder}/store {folder}/shared
touch {ready}
exec {python} -c 'import signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
while True: signal.pause()'
"""


OUR_PROGRAMS = re.compile(rb"iqa_tui\.\w+\.(supervisor|dispatcher)\0")
"""In a command line; earlier versions, which `--code` plays, had them in another package."""


def why_not() -> str:
    """Why two hosts cannot be played here; empty if they can."""
    if os.geteuid() != 0:
        return "only root may make the namespaces of two hosts"
    for program in ("bindfs", "unshare", "nsenter", "mount"):
        if shutil.which(program) is None:
            return f"there is no program {program}"
    for path in (Path("/dev/fuse"), Path("/etc/machine-id")):
        if not path.exists():
            return f"there is no {path}"
    command = ["unshare", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "true"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"no namespaces: {done.stderr.strip()}"


class Host:
    """One of the two, from power on to power off."""

    def __init__(self, ground: Ground, key: str, name: str, machine: str) -> None:
        self.key, self.name = key, name
        self.clock_seconds = 0.0
        """How far its clock is ahead of the file server's."""
        self._ground = ground
        self._first: subprocess.Popen[bytes] | None = None
        (ground.folder / f"machine-id-{key}").write_text(f"{machine}\n")

    def boot(self) -> None:
        folder = self._ground.folder
        (folder / f"boot-id-{self.key}").write_text(f"{uuid.uuid4()}\n")
        ready = folder / f"ready-{self.key}"
        ready.unlink(missing_ok=True)
        script = INSIDE.format(name=self.name, folder=folder, key=self.key, ready=ready, python=sys.executable)
        command = ["unshare", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "bash", "-c", script]
        with (folder / f"boot-{self.key}.log").open("ab") as log:  # what unshare says of being killed is no news
            self._first = subprocess.Popen(
                command, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until(ready.exists, f"{self.key} to boot")
        self.start("watch", str(self._ground.shared))

    def power_off(self) -> None:
        """Every process of it dies at once, as the first one of its process namespace does."""
        if self._first is None:
            return
        for pid in _children(self._first.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._first.wait()
        self._first = None
        wait_until(lambda: not self.processes(), f"{self.key} to be off")

    @property
    def is_on(self) -> bool:
        return self._first is not None

    def iqa_tui(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of the program, as a person on this host would give it."""
        return self._run("-m", "iqa_tui", "--runs-dir", str(self._ground.shared), *arguments)

    @property
    def shared(self) -> Path:
        """The folder of runs, by the name that both hosts give it."""
        return self._ground.shared

    def started(self, *arguments: str, answered_by: int) -> subprocess.Popen[bytes]:
        """A Python program whose standard input is this descriptor, which is closed here."""
        try:
            return subprocess.Popen(
                self._command(*arguments),
                env=self._environment(),
                stdin=answered_by,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        finally:
            os.close(answered_by)

    def inside(self, what: str, *arguments: str) -> str:
        done = self._run(str(HERE / "two_hosts_inside.py"), what, str(self._ground.shared), *arguments)
        if done.returncode != 0:
            raise RuntimeError(f"{self.key}: {what}: {done.stderr}")
        return done.stdout

    def queue(self, count: int = 1, steps: int = STEPS) -> list[str]:
        return self.inside("queue", str(count), str(steps)).split()

    def status(self, run_id: str) -> dict[str, Any]:
        """One look at one run."""
        content: dict[str, Any] = json.loads(self.inside("state", run_id))
        return content

    def start(self, what: str, *arguments: str) -> None:
        command = self._command(str(HERE / "two_hosts_inside.py"), what, *arguments)
        log = (self._ground.folder / f"{what}-{self.key}.log").open("ab")
        process = subprocess.Popen(command, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._ground.started.append(process)
        log.close()

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = self._command(*arguments)
        return subprocess.run(
            command, env=self._environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )

    def _command(self, *arguments: str) -> list[str]:
        if self._first is None:
            raise RuntimeError(f"{self.key} is off")
        (first,) = _children(self._first.pid)
        return ["nsenter", "--target", str(first), "--mount", "--uts", "--pid", "--", sys.executable, *arguments]

    def _environment(self) -> dict[str, str]:
        folder = self._ground.folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("IQA_TUI_", "CUDA_"))}
        state = folder / ("state" if self._ground.shares_state else f"state-{self.key}")
        return {
            **kept,
            "TWO_HOSTS_HOST": self.key,
            "TWO_HOSTS_WITNESS": str(self._ground.witness),
            "IQA_TUI_LEASES": str(folder / f"leases-{self.key}"),
            "IQA_TUI_STATE": str(state),
            "IQA_TUI_CPU_SLOTS": "2",
            "IQA_TUI_BEAT_PATIENCE": str(PATIENCE_SECONDS),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": f"{SITE}:{self._ground.code}",
            "TWO_HOSTS_CLOCK_SECONDS": str(self.clock_seconds),
            "TWO_HOSTS_WITHOUT_FLOCK": str(self._ground.shared) if self._ground.is_without_flock else "",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def processes(self) -> dict[int, str]:
        """Every living process of it, by its number out here, and what it is: dispatcher, supervisor, trainer, …"""
        marks = {f"TWO_HOSTS_HOST={self.key}".encode(), f"TWO_HOSTS_WITNESS={self._ground.witness}".encode()}
        found = {}
        for name in os.listdir("/proc"):  # noqa: PTH208  names alone
            if name.isdecimal() and marks <= _environment_of(int(name)):
                found[int(name)] = _role(int(name))
        return found

    def pids(self, role: str) -> list[int]:
        return sorted(pid for pid, known in self.processes().items() if known == role)

    def signal(self, role: str, number: signal.Signals) -> int:
        """How many there were."""
        pids = self.pids(role)
        for pid in pids:
            self._ground.signal(pid, number)
        return len(pids)


class Ground:
    """Use it in a `with` block: at its end both hosts are off and its folder is gone."""

    def __init__(self, *, clone: bool = False, shares_state: bool = False, code: Path = ROOT) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="iqa-tui-two-hosts-"))
        self.store, self.shared, self.witness = (self.folder / name for name in ("store", "shared", "witness"))
        for path in (self.store, self.shared, self.witness):
            path.mkdir()
        self.shares_state, self.code = shares_state, code
        self.is_without_flock = False
        self.started: list[subprocess.Popen[bytes]] = []
        machines = ["1" * 32, "1" * 32 if clone else "2" * 32]
        names = ["node", "node"] if clone else ["nodea", "nodeb"]
        self.hosts = [Host(self, key, *rest) for key, *rest in zip("ab", names, machines, strict=True)]

    def __enter__(self) -> Self:
        for host in self.hosts:
            host.boot()
        return self

    def __exit__(self, *_: object) -> None:
        for host in self.hosts:
            host.power_off()
        for process in self.started:
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def runs(self) -> list[RunFolder]:
        """As they lie on the server."""
        return list_runs(self.store)

    def signal(self, pid: int, number: signal.Signals) -> None:
        """To one of the processes of the two hosts, by a descriptor of the very process."""
        with contextlib.suppress(ProcessLookupError):
            descriptor = os.pidfd_open(pid)
            try:
                if f"TWO_HOSTS_WITNESS={self.witness}".encode() in _environment_of(pid):
                    signal.pidfd_send_signal(descriptor, number)
            finally:
                os.close(descriptor)

    def told(self, kind: str = "trainer") -> list[dict[str, Any]]:
        """What the trainers, or those who looked, told the witness, oldest first."""
        lines = []
        for path in self.witness.glob(f"{kind}-*.jsonl"):
            texts = path.read_text().split("\n")[:-1]  # what follows is torn
            lines += [{**json.loads(text), "by_file": path.name} for text in texts]
        return sorted(lines, key=lambda line: line["t"])


def _environment_of(pid: int) -> set[bytes]:
    try:
        return set(environment_of(pid).split(b"\0"))
    except OSError:
        return set()


def _role(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "gone"
    if b"two_hosts_trainer" in command:
        return "trainer"
    found = OUR_PROGRAMS.search(command)
    return found[1].decode() if found else "other"


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(question: Callable[[], Any], what: str, seconds: float = START_SECONDS) -> Any:
    """The first true answer.

    Raises:
        AssertionError: there was none in time; says what was waited for.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:g} s for {what}")
