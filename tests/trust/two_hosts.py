"""Two hosts that share one folder of runs and no locks, played by namespaces on one machine.

    python -m tests.trust.two_hosts [--minutes 5] [--seed N] [--clone] [--shared-state] [--code DIR] [--verbose]

Each host has its own mounts, processes, name, machine id and boot id, and sees the folder through a FUSE mount of its
own (`bindfs`), whose locks end at that mount as they do with `local_lock` on NFS. `--clone`: the two have one name and
one machine id. Everything that runs there is killed, hosts are rebooted, and three figures must be 0: two writers in
one run, a living run that is called lost, a result that is lost. Only root can do this. `--code` plays another version
of the program. Exits with 1 if a figure is not 0.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from training.runfolder.folders import list_runs
from training.runfolder.layout import RunFolder
from training.runfolder.read import read_record
from training.runfolder.schema import Result

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PATIENCE_SECONDS = 6.0
"""How long a beat may stand still here, instead of three minutes."""
STEPS = 60
MOST_OPEN_RUNS = 6
CALM_SECONDS = 120.0
START_SECONDS = 30.0
SAME_SECONDS = 0.5
"""A trainer that wrote so long after a look was alive at that look, whatever the scheduler did in between."""
MOST_NAMED = 8

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
            "PYTHONPATH": str(self._ground.code),
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
        return set(Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"))
    except OSError:
        return set()


def _role(pid: int) -> str:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "gone"
    roles = {b"two_hosts_trainer": "trainer", b"launch.supervisor": "supervisor", b"launch.dispatcher": "dispatcher"}
    return next((role for word, role in roles.items() if word in command), "other")


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


# What must never happen


def two_writers(ground: Ground) -> list[str]:
    """Trainers that wrote in a run after another trainer had begun to write there."""
    found: dict[tuple[str, str], str] = {}
    newest: dict[str, list[str]] = {}
    for line in ground.told():
        if line["what"] not in ("write", "result"):
            continue
        writers = newest.setdefault(line["run"], [])
        if line["by_file"] in writers[:-1]:
            found[line["run"], line["by_file"]] = f"{line['run']}: {line['by_file']} beside {writers[-1]}"
        elif not writers or writers[-1] != line["by_file"]:
            writers.append(line["by_file"])
    return list(found.values())


def false_losses(ground: Ground) -> list[str]:
    """Looks that called a run lost while the trainer of that attempt lived: it wrote before and after."""
    lives: dict[tuple[str, int], list[float]] = {}
    for line in ground.told():
        if line["what"] != "fenced":
            lives.setdefault((line["run"], line["attempt"]), []).append(line["t"])
    found = {}
    for look in ground.told("look"):
        times = lives.get((look["run"], look["attempt"]), [])
        if times and times[0] < look["t"] < times[-1] - SAME_SECONDS:
            words = f"{look['run']} attempt {look['attempt']}: {look['by']} on {look['host']}: {look['cause']}"
            found[look["run"], look["attempt"], look["host"], look["by"]] = words
    return list(found.values())


def fenced(ground: Ground) -> list[str]:
    """Trainers that had to give way to another attempt."""
    return [f"{line['run']} attempt {line['attempt']} on {line['host']}" for line in told_of(ground, "fenced")]


def told_of(ground: Ground, what: str) -> list[dict[str, Any]]:
    return [line for line in ground.told() if line["what"] == what]


def results_lost(ground: Ground) -> list[str]:
    lost = set()
    for line in told_of(ground, "result"):
        result = read_record(RunFolder(ground.store / line["run"]).result, Result)
        if result is None or result.metrics["test"]["srcc"] != line["srcc"]:
            lost.add(line["run"])
    return sorted(lost)


# A bad night


class Night:
    """Kills, reboots and looks on both hosts, by a seed."""

    def __init__(self, ground: Ground, rng: random.Random, say: Callable[[str], None]) -> None:
        self._ground, self._random, self._say = ground, rng, say
        self.acts: Counter[str] = Counter()

    def rage(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        acts: dict[Callable[[Host], None], int] = {
            self._kill_dispatcher: 3,
            self._kill_supervisor: 4,
            self._kill_trainer: 4,
            self._cut_a_run: 3,
            self._look: 6,
            self._take_over: 4,
            self._reboot: 1,
        }
        while time.monotonic() < deadline:
            for host in self._ground.hosts:
                if len(self._open()) < MOST_OPEN_RUNS:
                    host.queue()
            (act,) = self._random.choices(list(acts), list(acts.values()))
            host = self._random.choice(self._ground.hosts)
            act(host)
            self.acts[act.__name__.strip("_").replace("_", " ")] += 1
            self._say(f"{act.__name__} {host.key}")
            time.sleep(self._random.uniform(0.2, 2.0))

    def calm(self) -> None:
        """Nothing more happens; both hosts look, and try again what is over without a result."""
        deadline = time.monotonic() + CALM_SECONDS
        while time.monotonic() < deadline and self._open():
            for host in self._ground.hosts:
                for run in self._open():
                    host.iqa_tui("retry", run.run_id)
                host.iqa_tui("status")
            time.sleep(2.0)

    def _open(self) -> list[RunFolder]:
        return [run for run in self._ground.runs() if not run.result.exists()]

    def _kill_one(self, host: Host, role: str) -> None:
        pids = host.pids(role)
        if pids:
            self._ground.signal(self._random.choice(pids), signal.SIGKILL)

    def _kill_dispatcher(self, host: Host) -> None:
        self._kill_one(host, "dispatcher")

    def _kill_supervisor(self, host: Host) -> None:
        self._kill_one(host, "supervisor")

    def _kill_trainer(self, host: Host) -> None:
        self._kill_one(host, "trainer")

    def _cut_a_run(self, host: Host) -> None:
        self._kill_one(host, "supervisor")
        self._kill_one(host, "trainer")

    def _look(self, host: Host) -> None:
        host.iqa_tui("status")

    def _take_over(self, host: Host) -> None:
        """A person believes that the other host is gone, and is wrong."""
        if runs := self._open():
            host.iqa_tui("retry", "--from-elsewhere", "--yes", self._random.choice(runs).run_id)

    def _reboot(self, host: Host) -> None:
        host.power_off()
        time.sleep(self._random.uniform(0.0, 3.0))
        host.boot()
        host.iqa_tui("status")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long things go wrong")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--clone", action="store_true", help="one name and one machine id for both")
    parser.add_argument("--shared-state", action="store_true", help="one state folder, as in a home on the network")
    parser.add_argument("--code", type=Path, default=ROOT, help="the program that both run")
    parser.add_argument("--verbose", action="store_true", help="every act")
    options = parser.parse_args()
    if reason := why_not():
        sys.exit(f"error: {reason}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing of the ground is left
    print(f"seed: {options.seed}", flush=True)
    began = time.monotonic()

    def say(words: str) -> None:
        if options.verbose:
            print(f"{time.monotonic() - began:7.2f}  {words}", file=sys.stderr, flush=True)

    with Ground(clone=options.clone, shares_state=options.shared_state, code=options.code) as ground:
        night = Night(ground, random.Random(options.seed), say)
        night.rage(options.minutes * 60)
        night.calm()
        breaches = {
            "two writers at once": two_writers(ground),
            "false losses": false_losses(ground),
            "results lost": results_lost(ground),
        }
        also = {
            "trainers that gave way": fenced(ground),
            "runs without a result": [run.run_id for run in ground.runs() if not run.result.exists()],
        }
        print("acts:", ", ".join(f"{count} {name}" for name, count in sorted(night.acts.items())))
        counts = Counter(line["what"] for line in ground.told())
        print(
            f"seen: {len(ground.runs())} runs, {counts['start']} trainers, {counts['write']} writes, "
            f"{counts['result']} results, {len(ground.told('look'))} looks that said lost, "
            f"{time.monotonic() - began:.0f} s"
        )
    for name, found in (breaches | also).items():
        print(f"{name}: {len(found)}")
        for words in found[:MOST_NAMED]:
            print(f"  {words}")
    return 1 if any(breaches.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
